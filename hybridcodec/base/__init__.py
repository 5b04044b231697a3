"""The base layer: a small picture, decoded by integers alone; see `coder`."""

from hybridcodec.base.coder import BaseCoder, BasePayload, Rate
from hybridcodec.base.coders import coder_for, coder_of

__all__ = ["BaseCoder", "BasePayload", "Rate", "coder_for", "coder_of"]

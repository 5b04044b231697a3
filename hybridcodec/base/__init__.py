"""The base layer: a small picture, decoded by integers alone; see `coder`."""

from hybridcodec.base.coder import BaseCoder, BasePayload
from hybridcodec.base.coders import coder_for, coder_of

__all__ = ["BaseCoder", "BasePayload", "coder_for", "coder_of"]

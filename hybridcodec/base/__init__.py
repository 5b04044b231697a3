"""The base layer: a small picture from learned latents, decoded by integers alone."""

from hybridcodec.base.analysis import Analysis
from hybridcodec.base.decoder import TILE, decode_base
from hybridcodec.base.encoder import BasePayload, encode_base
from hybridcodec.base.geometry import TileGrid
from hybridcodec.base.model import BaseModel

__all__ = ["TILE", "Analysis", "BaseModel", "BasePayload", "TileGrid", "decode_base", "encode_base"]

"""The base layer: a small picture from learned latents, decoded by integers alone.

`Analysis`, the encoder's half, is loaded when it is first asked for: it needs torch, which decoding does not.
"""

from typing import TYPE_CHECKING, Any

from hybridcodec.base.hyperprior.decoder import TILE, decode_base
from hybridcodec.base.hyperprior.encoder import BasePayload, encode_base
from hybridcodec.base.hyperprior.geometry import TileGrid
from hybridcodec.base.hyperprior.model import BaseModel
from hybridcodec.errors import UnsupportedError

if TYPE_CHECKING:
    from hybridcodec.base.hyperprior.analysis import Analysis

__all__ = ["TILE", "Analysis", "BaseModel", "BasePayload", "TileGrid", "decode_base", "encode_base"]


def __getattr__(name: str) -> Any:
    """Load `Analysis` from its module; raises UnsupportedError where torch is not installed."""
    if name != "Analysis":
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    try:
        from hybridcodec.base.hyperprior.analysis import Analysis
    except ImportError as error:
        raise UnsupportedError(f"encoding needs torch, which cannot be imported: {error}") from error
    return Analysis

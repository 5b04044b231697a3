"""The residual layer: every sample, each tile by the coder that suits it; see `coder`."""

import hybridcodec.machine.compiler  # noqa: F401 - before any module here imports parts of numba
from hybridcodec.residual.choice import trials
from hybridcodec.residual.coder import Ground, TileCoder
from hybridcodec.residual.coders import coder_for, coder_of
from hybridcodec.residual.layer import (
    CodedTile,
    decode_residual,
    decode_tile,
    encode_residual,
    needs_base,
    require_room,
)
from hybridcodec.residual.occurring import Occurring
from hybridcodec.residual.quantiser import Quantiser

__all__ = [
    "CodedTile",
    "Ground",
    "Occurring",
    "Quantiser",
    "TileCoder",
    "coder_for",
    "coder_of",
    "decode_residual",
    "decode_tile",
    "encode_residual",
    "needs_base",
    "require_room",
    "trials",
]

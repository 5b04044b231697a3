"""The residual layer: every sample above the base picture, coded under a learned context model."""

import hybridcodec.machine.compiler  # noqa: F401 - before any module here imports parts of numba
from hybridcodec.residual.layer import choose_tile, decode_residual, decode_tile, encode_residual, require_room
from hybridcodec.residual.regression.model import ResidualModel

__all__ = ["ResidualModel", "choose_tile", "decode_residual", "decode_tile", "encode_residual", "require_room"]

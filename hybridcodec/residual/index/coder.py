"""Screens and few colours as `layer` sees them: a pixel is one colour; see BITSTREAM.md, "index"."""

from typing import ClassVar, Final

import numpy as np
from numpy.typing import NDArray

from hybridcodec.entropy import least_bits, least_bytes
from hybridcodec.errors import CorruptFileError, LimitError
from hybridcodec.machine.threads import Tick
from hybridcodec.modes import Effort
from hybridcodec.residual.alone import Alone
from hybridcodec.residual.coder import Ground
from hybridcodec.residual.index import tile
from hybridcodec.residual.index.mixing import LEAST
from hybridcodec.residual.quantiser import Quantiser
from hybridcodec.tiling import Area

TILE_PIXELS: Final = 1 << 22
"""About the most of a tile that is written: larger pictures are bands, which cores share."""
MAX_PIXELS: Final = 1 << 24
"""Most of a tile that is read: its state takes 80 MB, and at most 28 bytes a pixel."""
MAX_TOP: Final = 255
MAX_CHANNELS: Final = 4

_LEAST_BITS: Final = least_bits(65536 - LEAST, 2)

I32 = NDArray[np.int32]


class Index(Alone):
    """Colours proposed by what was seen around like places, and literals."""

    number: ClassVar[int] = 4
    name: ClassVar[str] = "index"

    def takes(self, channels: int, quantiser: Quantiser) -> bool:
        """Pixels of at most 32 bits."""
        return channels <= MAX_CHANNELS and quantiser.top <= MAX_TOP

    def choose_tile(self, height: int, width: int, effort: Effort = Effort.NORMAL) -> tuple[int, int]:  # noqa: ARG002
        """The whole picture, or bands of about equal height."""
        width = min(width, TILE_PIXELS)
        bands = -(-height * width // TILE_PIXELS)
        return max(1, -(-height // bands)), width

    def require_tile(self, shape: tuple[int, int, int], payload: bytes) -> None:
        """See `Alone.require_tile`."""
        height, width, _ = shape
        if height * width > MAX_PIXELS:
            raise LimitError(f"tiles of {width}x{height}: this version reads up to {MAX_PIXELS} pixels")
        least = least_bytes(height * width * _LEAST_BITS)
        if len(payload) < least:
            raise CorruptFileError(f"expected at least {least} bytes, found {len(payload)}")

    def encode_tile(self, values: I32, ground: Ground, area: Area, tick: Tick) -> bytes:  # noqa: ARG002
        """See `Alone.encode_tile`."""
        return tile.encode(values, ground.quantiser.top.bit_length(), tick)

    def decode_tile(
        self,
        payload: bytes,
        shape: tuple[int, int, int],
        ground: Ground,
        area: Area,  # noqa: ARG002
        tick: Tick,
    ) -> I32:
        """See `Alone.decode_tile`."""
        return tile.decode(payload, shape, ground.quantiser.top.bit_length(), tick, ground.backend)

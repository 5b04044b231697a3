"""Bilevel pages, pixel by pixel, each foretold from its neighbourhood; see BITSTREAM.md, "page".

Where `stored` packs pixels as they are, this knows what print looks like by the time that it has seen some.
"""

from typing import ClassVar, Final

import numpy as np
from numpy.typing import NDArray

from hybridcodec.entropy.bits import BitReader, BitWriter, Stream
from hybridcodec.errors import CorruptFileError, LimitError
from hybridcodec.machine.threads import Tick
from hybridcodec.modes import Effort
from hybridcodec.residual.alone import Alone
from hybridcodec.residual.coder import Ground
from hybridcodec.residual.page.layout import BLOCK, MARGIN
from hybridcodec.residual.page.rows import I64, across, blank, packed, unpacked
from hybridcodec.residual.page.state import new_state
from hybridcodec.residual.page.traversal import code_rows
from hybridcodec.residual.quantiser import Quantiser
from hybridcodec.tiling import Area

TILE_BLOCKS: Final = 1 << 19
"""Most blocks of a tile, 2^24 pixels: the counters of a larger one would be too crowded."""
MATCHING: Final = 1
"""Bit of the first byte: earlier similar places were contexts."""
INVERTED: Final = 2
"""Bit of the first byte: the pixels that are coded are the others."""
SMALL_BYTES: Final = 4096
"""Of a tile that is coded with matching: up to here it is tried whether that helps; above, it mostly does."""
LEAST_BITS, MOST_BITS = 16, 21

_MOST: Final = 2
"""Decisions of a pixel."""
_ROOM: Final = 1 << 16

I32 = NDArray[np.int32]


class Page(Alone):
    """One channel of two values."""

    number: ClassVar[int] = 3
    name: ClassVar[str] = "page"

    def uses_matching(self, payload: bytes) -> bool:
        """See `TileCoder.uses_matching`."""
        return bool(payload[0] & MATCHING)

    def takes(self, channels: int, quantiser: Quantiser) -> bool:
        """One channel whose values are 0 and 1."""
        return channels == 1 and quantiser.top == 1

    def choose_tile(self, height: int, width: int, effort: Effort = Effort.NORMAL) -> tuple[int, int]:  # noqa: ARG002
        """The whole page, or as many rows as a tile may have."""
        columns = min(width, BLOCK * TILE_BLOCKS)
        return min(height, TILE_BLOCKS // -(-columns // BLOCK)), columns

    def require_tile(self, shape: tuple[int, int, int], payload: bytes) -> None:
        """See `Alone.require_tile`."""
        if shape[0] * -(-shape[1] // BLOCK) > TILE_BLOCKS:
            raise LimitError(
                f"a page tile has at most {TILE_BLOCKS} blocks of 32 pixels, found {shape[0]} x {shape[1]}"
            )
        if not payload or payload[0] & ~(MATCHING | INVERTED):
            raise CorruptFileError(f"a page tile begins with a byte of 0 to 3, found {payload[:1].hex() or 'none'}")

    def encode_tile(self, values: I32, ground: Ground, area: Area, tick: Tick) -> bytes:  # noqa: ARG002
        """See `Alone.encode_tile`; where matching is allowed, small tiles do without if that is no larger."""
        pixels = values[:, :, 0]
        payload = encoded(pixels, tick, matching=ground.matching)
        if not ground.matching or len(payload) > SMALL_BYTES:
            return payload
        return min(encoded(pixels, lambda: None, matching=False), payload, key=len)

    def decode_tile(
        self,
        payload: bytes,
        shape: tuple[int, int, int],
        ground: Ground,
        area: Area,  # noqa: ARG002
        tick: Tick,
    ) -> I32:
        """See `Alone.decode_tile`."""
        height, width, _ = shape
        rows, reader = blank(height, width), BitReader(payload[1:], ground.backend, _room(width))
        _code(reader, rows, width, tick, matching=self.uses_matching(payload))
        reader.finish()
        return unpacked(rows, width)[:, :, None] ^ bool(payload[0] & INVERTED)


def encoded(pixels: I32, tick: Tick, *, matching: bool) -> bytes:
    """Return the payload of pixels (h, w), 0 or 1."""
    inverted = 2 * int(pixels.sum()) > pixels.size
    writer = BitWriter(_room(pixels.shape[1]))
    _code(writer, packed(pixels ^ inverted), pixels.shape[1], tick, matching=matching)
    return bytes([MATCHING * matching | INVERTED * inverted]) + writer.finish()


def _code(coder: BitWriter | BitReader, rows: I64, width: int, tick: Tick, *, matching: bool) -> None:
    """Write all of `rows`, or fill them."""
    height = len(rows) // across(width) - MARGIN
    bits = min(max((height * width).bit_length() - 3, LEAST_BITS), MOST_BITS)
    state, stream = new_state(width, bits, matching=matching), Stream(coder.state, coder.words, coder.record)
    together = _room(width) // (_MOST * width)
    for first in range(0, height, together):
        count = min(together, height - first)
        code_rows(stream, rows, *state, count)
        coder.flush()
        for _ in range(count):
            tick()


def _room(width: int) -> int:
    """Decisions between two calls of the kernel, at most: of some rows of this width, at least one."""
    return max(_ROOM, _MOST * width)

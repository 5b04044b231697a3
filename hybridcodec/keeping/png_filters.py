"""The filters of PNG (Portable Network Graphics specification, section 9): rows before they are deflated.

Which filter a row has is the writer's choice; libpng's is a rule, which saves most of the bytes that say it.
"""

from collections.abc import Iterator
from typing import Final

import numpy as np
import zstandard
from numpy.typing import NDArray

from hybridcodec.errors import CorruptFileError

Bytes = NDArray[np.uint8]
FILTERS: Final = 5
_BLOCK: Final = 64  # rows that are filtered at once
_CHOSEN, _CORRECTED = 0, 1  # the filters themselves; by how much they differ from libpng's


def filtered(rows: Bytes, unit: int, filters: Bytes) -> Iterator[bytes]:
    """Yield rows (R, N), some at a time, each behind the byte that names its filter.

    Args:
        rows: bytes of each row.
        unit: bytes of a pixel, at least 1.
        filters: of each row, 0 to 4.
    """
    for start, block, ways in _blocks(rows, unit):
        chosen = filters[start : start + len(block)]
        lines = np.take_along_axis(ways, chosen[np.newaxis, :, np.newaxis], axis=0)[0]  # (rows, N)
        yield np.concatenate([chosen[:, np.newaxis], lines], axis=1).tobytes()


def pack_filters(filters: Bytes, rows: Bytes, unit: int) -> bytes:
    """Return the filters of rows (R, N) in few bytes."""
    chosen = bytes([_CHOSEN]) + _compressed(filters)
    differing = ((filters.astype(np.int16) - usual_filters(rows, unit)) % FILTERS).astype(np.uint8)
    return min(chosen, bytes([_CORRECTED]) + _compressed(differing), key=len)


def unpack_filters(packed: bytes, rows: Bytes, unit: int) -> Bytes:
    """Return what `pack_filters` was given.

    Raises:
        CorruptFileError: these are no filters of so many rows.
    """
    try:
        frame = zstandard.ZstdDecompressor(max_window_size=1 << 24).decompress(
            packed[1:], max_output_size=len(rows), allow_extra_data=False
        )
    except zstandard.ZstdError as error:
        raise CorruptFileError(f"the filters of PNG rows cannot be unpacked: {error}") from error
    values = np.frombuffer(frame, np.uint8)
    if len(values) != len(rows) or packed[0] > _CORRECTED or values.max(initial=0) >= FILTERS:
        raise CorruptFileError(f"expected filters of {len(rows)} PNG rows, found {len(values)} bytes")
    if packed[0] == _CHOSEN:
        return values
    return ((usual_filters(rows, unit) + values.astype(np.int16)) % FILTERS).astype(np.uint8)


def usual_filters(rows: Bytes, unit: int) -> Bytes:
    """Return the filters that libpng chooses for rows (R, N): the least sum of bytes taken as -128 to 127, unsigned."""
    found = np.zeros(len(rows), np.uint8)
    for start, block, ways in _blocks(rows, unit):
        sums = np.minimum(ways, 0 - ways).sum(axis=2, dtype=np.int64)  # (5, rows)
        found[start : start + len(block)] = sums.argmin(axis=0)
    return found


def _blocks(rows: Bytes, unit: int) -> Iterator[tuple[int, Bytes, Bytes]]:
    """Yield number of the first row, rows (B, N), and these rows in all filters (5, B, N), block by block."""
    padded = np.pad(rows[:0], ((1, 0), (unit, 0)))  # (1, unit + N)
    above = np.zeros((1, unit + rows.shape[1]), np.uint8)
    for start in range(0, len(rows), _BLOCK):
        block = rows[start : start + _BLOCK]
        padded = np.concatenate([above, np.pad(block, ((0, 0), (unit, 0)))])  # (1 + B, unit + N)
        yield start, block, _all_filters(padded, unit)
        above = padded[-1:]


def _all_filters(padded: Bytes, unit: int) -> Bytes:
    """Return rows in all filters (5, B, N); `padded` has a row above and `unit` zeros to the left."""
    x, up = padded[1:, unit:], padded[:-1, unit:]
    left, corner = padded[1:, :-unit], padded[:-1, :-unit]
    a, b, c = (part.astype(np.int16) for part in (left, up, corner))
    average = (a + b >> 1).astype(np.uint8)
    return np.stack([x, x - left, x - up, x - average, x - _paeth(a, b, c)])


def _paeth(a: NDArray[np.int16], b: NDArray[np.int16], c: NDArray[np.int16]) -> Bytes:
    """Return of left, above and corner the one nearest to left + above - corner; the first of equals."""
    to_a, to_b, to_c = np.abs(b - c), np.abs(a - c), np.abs(a + b - 2 * c)
    near = np.where((to_a <= to_b) & (to_a <= to_c), a, np.where(to_b <= to_c, b, c))
    return near.astype(np.uint8)


def _compressed(values: Bytes) -> bytes:
    return zstandard.ZstdCompressor(level=19, write_checksum=False, write_content_size=True).compress(values.tobytes())

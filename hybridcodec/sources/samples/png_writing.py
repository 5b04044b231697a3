"""The samples of a PNG as its rows are filtered and packed: the opposite of `png`."""

import zlib
from collections.abc import Iterator
from typing import Final

import numpy as np
from numpy.typing import NDArray

from hybridcodec.kinds import INDEXED, SampleKind, Samples
from hybridcodec.sources.samples import bits
from hybridcodec.sources.samples.png import ROLES

DEPTHS: Final = (1, 2, 4, 8, 16)
_LEVEL: Final = 6
_BLOCK: Final = 1 << 22
"""Bytes that are filtered at a time."""
Bytes = NDArray[np.uint8]


def type_of(kind: SampleKind) -> tuple[int, int] | None:
    """Return depth and colour type of a PNG that holds such samples; None where none does.

    Samples of a depth that PNG does not have are held by the next one, as they are.
    """
    colour = next((number for number, roles in ROLES.items() if roles == kind.roles), None)
    if colour is None or kind.signed or (kind.roles == INDEXED and kind.bit_depth > 8):
        return None
    least = 1 if kind.channels == 1 else 8
    return next(depth for depth in DEPTHS if depth >= max(least, kind.bit_depth)), colour


def packed(samples: Samples, depth: int, *, indexed: bool) -> bytes:
    """Return the compressed rows of samples (H, W, C), each filtered by what leaves the least sum of differences."""
    H, W, C = samples.shape
    packer, parts = zlib.compressobj(_LEVEL), list[bytes]()
    step = max(1, C * depth // 8)
    rows = max(1, _BLOCK // bits.row_bytes(W * C, depth))
    above: Bytes = np.zeros(bits.row_bytes(W * C, depth), np.uint8)
    for start in range(0, H, rows):
        block = samples[start : start + rows]
        data = bits.packed(block.reshape(len(block), W * C), depth)
        lines = np.frombuffer(data, np.uint8).reshape(len(block), -1)
        plain = indexed or depth < 8
        parts.append(packer.compress(_unfiltered(lines) if plain else _filtered(lines, above, step)))
        above = lines[-1]
    return b"".join((*parts, packer.flush()))


def _unfiltered(lines: Bytes) -> bytes:
    return np.pad(lines, ((0, 0), (1, 0))).tobytes()


def _filtered(lines: Bytes, above: Bytes, step: int) -> bytes:
    """Return rows with their filter's number before them (W3C, third edition, 9)."""
    best: Bytes = np.zeros((len(lines), 1 + lines.shape[1]), np.uint8)
    least = np.full(len(lines), np.iinfo(np.int64).max)
    for number, expected in enumerate(_expected(lines, above, step)):
        left = lines - expected  # modulo 256
        cost = np.minimum(left, -left).sum(axis=1, dtype=np.int64)
        better = cost < least
        best[better, 0], best[better, 1:], least = number, left[better], np.minimum(least, cost)
    return best.tobytes()


def _expected(lines: Bytes, above: Bytes, step: int) -> Iterator[Bytes]:
    """Yield what the five filters take off: nothing, left, above, their mean, and Paeth's choice."""
    up = np.vstack([above[np.newaxis], lines[:-1]])
    left, corner = (np.pad(rows, ((0, 0), (step, 0)))[:, : rows.shape[1]] for rows in (lines, up))
    yield np.zeros_like(lines)
    yield left
    yield up
    yield ((left.astype(np.uint16) + up) // 2).astype(np.uint8)
    a, b, c = (rows.astype(np.int16) for rows in (left, up, corner))
    to_a, to_b, to_c = np.abs(b - c), np.abs(a - c), np.abs(a + b - 2 * c)
    yield np.where((to_a <= to_b) & (to_a <= to_c), left, np.where(to_b <= to_c, up, corner))

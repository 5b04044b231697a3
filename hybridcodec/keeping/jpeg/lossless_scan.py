"""The scan of JPEG lossless (ITU-T T.81, annex H): predictors, categories of differences, Huffman codes, restarts."""

from typing import Final

import numpy as np
from numpy.typing import NDArray

from hybridcodec.machine.kernels import kernel

Words = NDArray[np.int32]
MOST_BYTES: Final = 8
"""Bytes that a sample may take: 16 bits of code, 16 of difference, each byte stuffed."""
HELD, BITS, SINCE, RESTARTS = 0, 1, 2, 3
"""In the state: bits that are no whole byte yet, how many, rows since the last restart, restarts so far."""


@kernel(nogil=True)
def code_rows(
    rows: Words,
    plan: NDArray[np.int64],
    codes: NDArray[np.int64],
    lengths: NDArray[np.int64],
    state: NDArray[np.int64],
    out: NDArray[np.uint8],
) -> int:
    """Write rows behind what was written before; return how many bytes, -1 where a category has no code.

    Args:
        rows: (1 + R, W, C), shifted down already; the first is the one above.
        plan: predictor 1 to 7, value in front of the first sample, rows between restarts or 0, bit that fills bytes.
        codes: (C, 17) of the categories 0 to 16.
        lengths: (C, 17), 0 where there is no code.
        state: see above; kept from call to call.
        out: room for them.
    """
    R, W, C = rows.shape
    place = 0
    for row in range(1, R):
        if plan[2] and state[SINCE] == plan[2]:
            place = _restart(plan[3], state, out, place)
        first = state[SINCE] == 0
        for column in range(W):
            for channel in range(C):
                expected = _predicted(rows, row, column, channel, plan, first)
                place = _put_difference(
                    rows[row, column, channel] - expected, codes[channel], lengths[channel], state, out, place
                )
                if place < 0:
                    return -1
        state[SINCE] += 1
    return place


@kernel(nogil=True)
def _predicted(rows: Words, row: int, column: int, channel: int, plan: NDArray[np.int64], first: bool) -> int:
    """Return what a sample is expected to be; in the `first` row after a start there is none above."""
    if first and column == 0:
        return int(plan[1])
    if first:
        return int(rows[row, column - 1, channel])
    above = int(rows[row - 1, column, channel])
    if column == 0 or plan[0] == 2:
        return above
    left, corner = int(rows[row, column - 1, channel]), int(rows[row - 1, column - 1, channel])
    if plan[0] == 1:
        return left
    if plan[0] == 3:
        return corner
    if plan[0] == 4:
        return left + above - corner
    if plan[0] == 5:
        return left + ((above - corner) >> 1)
    if plan[0] == 6:
        return above + ((left - corner) >> 1)
    return (left + above) >> 1


@kernel(nogil=True)
def _put_difference(
    difference: int,
    codes: NDArray[np.int64],
    lengths: NDArray[np.int64],
    state: NDArray[np.int64],
    out: NDArray[np.uint8],
    place: int,
) -> int:
    """Write a difference, modulo 2^16: its category, then which of the category; 2^15 has one of its own."""
    signed = ((difference + 32768) & 0xFFFF) - 32768
    category, size = 0, abs(signed)
    while size:
        category += 1
        size >>= 1
    if lengths[category] == 0:
        return -1
    place = _put(codes[category], lengths[category], state, out, place)
    if 0 < category < 16:
        place = _put(signed if signed > 0 else signed + (1 << category) - 1, category, state, out, place)
    return place


@kernel(nogil=True)
def _put(value: int, bits: int, state: NDArray[np.int64], out: NDArray[np.uint8], place: int) -> int:
    state[HELD] = (state[HELD] << bits) | value
    state[BITS] += bits
    while state[BITS] >= 8:
        state[BITS] -= 8
        byte = (state[HELD] >> state[BITS]) & 255
        out[place] = byte
        place += 1
        if byte == 255:
            out[place] = 0
            place += 1
    state[HELD] &= (1 << state[BITS]) - 1
    return place


@kernel(nogil=True)
def close(fill: int, state: NDArray[np.int64], out: NDArray[np.uint8], place: int) -> int:
    """Fill the last byte with a bit; return the place behind it."""
    missing = -state[BITS] % 8
    return _put(((1 << missing) - 1) * fill, missing, state, out, place)


@kernel(nogil=True)
def _restart(fill: int, state: NDArray[np.int64], out: NDArray[np.uint8], place: int) -> int:
    place = close(fill, state, out, place)
    out[place] = 255
    out[place + 1] = 0xD0 + (state[RESTARTS] & 7)
    state[RESTARTS] += 1
    state[SINCE] = 0
    return place + 2

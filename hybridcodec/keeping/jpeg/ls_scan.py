"""The scan of JPEG-LS without loss (ITU-T T.87, annex A): contexts of gradients, Golomb codes, runs.

Components of one scan share their contexts; each has a run index of its own.
"""

from typing import Final, NamedTuple

import numpy as np
from numpy.typing import NDArray

from hybridcodec.machine.kernels import kernel

Words = NDArray[np.int32]
Numbers = NDArray[np.int64]
MOST_BYTES: Final = 10
"""Bytes that a sample may take: a code of 64 bits at most, a bit stuffed behind each byte of ones, and a run."""
CONTEXTS: Final = 367
"""365 of gradients, then 2 of samples that end a run."""
A, B, C, N = 0, 1, 2, 3
"""Rows of the contexts: sum of magnitudes, sum of errors (where a run ends: how many are below 0), bias, count."""
HELD, BITS, ROOM, PLACE = 0, 1, 2, 3
"""In the state: bits that are no whole byte yet, how many, how many it takes (7 behind one of ones), bytes in `out`."""
MAXVAL, T1, T2, T3, RESET, LIMIT, DEPTH = 0, 1, 2, 3, 4, 5, 6
"""In the plan; the last are the longest code, and the bits of an error that has no shorter one."""
_RUNS: Final = np.array([0] * 4 + [1] * 4 + [2] * 4 + [3] * 4 + [4, 4, 5, 5, 6, 6, 7, 7, *range(8, 16)], np.int64)


class Scan(NamedTuple):
    """What is kept from row to row: the plan, contexts (4, 367), and of each component run index and corner (C,)."""

    plan: Numbers
    contexts: Numbers
    runs: Numbers
    corners: Numbers
    state: Numbers
    out: NDArray[np.uint8]


@kernel(allocates=True, nogil=True)
def code_rows(rows: Words, scan: Scan) -> int:
    """Write rows (1 + R, W, C), of which the first is the one above, into `out`; return how many bytes."""
    R, W, channels = rows.shape
    scan.state[PLACE] = 0
    line, above = np.zeros(W + 2, np.int64), np.zeros(W + 2, np.int64)
    for row in range(1, R):
        for channel in range(channels):
            for x in range(W):
                above[x + 1], line[x + 1] = rows[row - 1, x, channel], rows[row, x, channel]
            above[0], above[W + 1], line[0] = scan.corners[channel], above[W], above[1]
            _code_line(line, above, channel, scan)
            scan.corners[channel] = line[0]
    return int(scan.state[PLACE])


@kernel(nogil=True)
def _code_line(line: Numbers, above: Numbers, channel: int, scan: Scan) -> None:
    W, x = len(line) - 2, 1
    while x <= W:
        left, up, corner, right = line[x - 1], above[x], above[x - 1], above[x + 1]
        if right == up and up == corner and corner == left:
            end = x
            while end <= W and line[end] == left:
                end += 1
            _put_run(end - x, end > W, channel, scan)
            if end <= W:
                _put_end(line[end], left, above[end], left == above[end], channel, scan)
                scan.runs[channel] = max(scan.runs[channel] - 1, 0)
            x = end + 1
            continue
        _code_sample(line, above, x, scan)
        x += 1


@kernel(allocates=True, nogil=True)
def code_pixels(rows: Words, scan: Scan) -> int:
    """As `code_rows`, for components that come pixel by pixel: they run together, and have one run index."""
    R, W, channels = rows.shape
    scan.state[PLACE] = 0
    line, above = np.zeros((W + 2, channels), np.int64), np.zeros((W + 2, channels), np.int64)
    for row in range(1, R):
        for channel in range(channels):
            for x in range(W):
                above[x + 1, channel], line[x + 1, channel] = rows[row - 1, x, channel], rows[row, x, channel]
            above[0, channel], above[W + 1, channel] = scan.corners[channel], above[W, channel]
            line[0, channel] = above[1, channel]
            scan.corners[channel] = line[0, channel]
        _code_pixels(line, above, scan)
    return int(scan.state[PLACE])


@kernel(allocates=True, nogil=True)
def _code_pixels(line: Numbers, above: Numbers, scan: Scan) -> None:
    W, x = len(line) - 2, 1
    channels = line.shape[1]
    while x <= W:
        flat = True
        for c in range(channels):
            flat &= above[x + 1, c] == above[x, c] == above[x - 1, c] == line[x - 1, c]
        if not flat:
            for c in range(channels):
                _code_sample(line[:, c], above[:, c], x, scan)
            x += 1
            continue
        end = x
        while end <= W and (line[end] == line[x - 1]).all():
            end += 1
        _put_run(end - x, end > W, 0, scan)
        if end <= W:
            for c in range(channels):
                _put_end(line[end, c], line[x - 1, c], above[end, c], False, 0, scan)
            scan.runs[0] = max(scan.runs[0] - 1, 0)
        x = end + 1


@kernel(nogil=True)
def _code_sample(line: Numbers, above: Numbers, x: int, scan: Scan) -> None:
    """Write a sample outside of runs."""
    left, up, corner, right = line[x - 1], above[x], above[x - 1], above[x + 1]
    context = 81 * _level(right - up, scan.plan) + 9 * _level(up - corner, scan.plan)
    context += _level(corner - left, scan.plan)
    expected = min(left, up) if corner >= max(left, up) else max(left, up)
    if min(left, up) < corner < max(left, up):
        expected = left + up - corner
    _put_sample(line[x], expected, context, scan)


@kernel(nogil=True)
def _level(gradient: int, plan: Numbers) -> int:
    """Return in which of nine regions a gradient lies, -4 to 4."""
    size = abs(gradient)
    region = 0
    if size >= plan[T3]:
        region = 4
    elif size >= plan[T2]:
        region = 3
    elif size >= plan[T1]:
        region = 2
    elif size > 0:
        region = 1
    return region if gradient >= 0 else -region


@kernel(nogil=True)
def _put_sample(value: int, expected: int, context: int, scan: Scan) -> None:
    plan, contexts = scan.plan, scan.contexts
    sign = 1 if context >= 0 else -1
    q = abs(context)
    expected = min(max(expected + sign * contexts[C, q], 0), plan[MAXVAL])
    error = _reduced(sign * (value - expected), plan)
    k = _golomb(contexts[A, q], contexts[N, q])
    if k == 0 and 2 * contexts[B, q] <= -contexts[N, q]:
        mapped = 2 * error + 1 if error >= 0 else -2 * (error + 1)
    else:
        mapped = 2 * error if error >= 0 else -2 * error - 1
    _put_golomb(mapped, k, plan[LIMIT], scan)
    contexts[B, q] += error
    contexts[A, q] += abs(error)
    if contexts[N, q] == plan[RESET]:
        contexts[A, q] >>= 1
        contexts[B, q] >>= 1  # halved downwards, as the standard's own formula does for what is below 0
        contexts[N, q] >>= 1
    contexts[N, q] += 1
    _balance(contexts, q)


@kernel(nogil=True)
def _balance(contexts: Numbers, q: int) -> None:
    """Move the bias of a context so that its errors have no mean."""
    if contexts[B, q] <= -contexts[N, q]:
        contexts[B, q] = max(contexts[B, q] + contexts[N, q], 1 - contexts[N, q])
        contexts[C, q] = max(contexts[C, q] - 1, -128)
    elif contexts[B, q] > 0:
        contexts[B, q] = min(contexts[B, q] - contexts[N, q], 0)
        contexts[C, q] = min(contexts[C, q] + 1, 127)


@kernel(nogil=True)
def _put_run(length: int, to_the_end: bool, channel: int, scan: Scan) -> None:
    index = scan.runs[channel]
    while length >= 1 << _RUNS[index]:
        _put(1, 1, scan)
        length -= 1 << _RUNS[index]
        index = min(index + 1, 31)
    if not to_the_end:
        _put(length, _RUNS[index] + 1, scan)
    elif length > 0:
        _put(1, 1, scan)
    scan.runs[channel] = index


@kernel(nogil=True)
def _put_end(value: int, left: int, up: int, flat: bool, channel: int, scan: Scan) -> None:
    """Write the sample that ends a run; `flat` says whether it is expected to be what is left of it, not above."""
    plan, contexts, index = scan.plan, scan.contexts, scan.runs[channel]
    same = 1 if flat else 0
    q = 365 + same
    error = _reduced(value - left if same else (value - up) * (-1 if left > up else 1), plan)
    k = _golomb(contexts[A, q] + (contexts[N, q] >> 1) * same, contexts[N, q])
    often = 2 * contexts[B, q] >= contexts[N, q]
    odd = (k == 0 and error > 0 and not often) or (error < 0 and (often or k != 0))
    mapped = 2 * abs(error) - same - (1 if odd else 0)
    _put_golomb(mapped, k, plan[LIMIT] - _RUNS[index] - 1, scan)
    contexts[B, q] += 1 if error < 0 else 0
    contexts[A, q] += (mapped + 1 - same) >> 1
    if contexts[N, q] == plan[RESET]:
        contexts[A, q] >>= 1
        contexts[B, q] >>= 1
        contexts[N, q] >>= 1
    contexts[N, q] += 1


@kernel(nogil=True)
def _reduced(error: int, plan: Numbers) -> int:
    """Return an error modulo the number of values, the nearest to 0."""
    span = plan[MAXVAL] + 1
    if error < 0:
        error += span
    return error - span if error >= (span + 1) >> 1 else error


@kernel(nogil=True)
def _golomb(magnitudes: int, count: int) -> int:
    k = 0
    while count << k < magnitudes and k < 32:
        k += 1
    return k


@kernel(nogil=True)
def _put_golomb(value: int, k: int, limit: int, scan: Scan) -> None:
    depth = scan.plan[DEPTH]
    zeros = value >> k
    if zeros < limit - depth - 1:
        _put(1, zeros + 1, scan)
        _put(value & ((1 << k) - 1), k, scan)
    else:
        _put(1, limit - depth, scan)
        _put((value - 1) & ((1 << depth) - 1), depth, scan)


@kernel(nogil=True)
def _put(value: int, bits: int, scan: Scan) -> None:
    """Write up to 48 bits."""
    state = scan.state
    state[HELD] = (state[HELD] << bits) | value
    state[BITS] += bits
    while state[BITS] >= state[ROOM]:
        state[BITS] -= state[ROOM]
        byte = (state[HELD] >> state[BITS]) & 255
        state[HELD] &= (1 << state[BITS]) - 1
        scan.out[state[PLACE]] = byte
        state[PLACE] += 1
        state[ROOM] = 7 if byte == 255 else 8


@kernel(nogil=True)
def close(scan: Scan) -> int:
    """Fill the last byte with zeros, and follow one of ones with an empty one; return how many bytes this takes."""
    scan.state[PLACE] = 0
    if scan.state[BITS] > 0 or scan.state[ROOM] == 7:
        _put(0, scan.state[ROOM] - scan.state[BITS], scan)
    return int(scan.state[PLACE])

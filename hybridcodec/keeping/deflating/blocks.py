"""Blocks: symbols are noted until there are enough, then written stored, with the fixed codes, or with their own."""

import numpy as np

from hybridcodec.keeping.deflating.tables import (
    DISTANCE_FIRSTS,
    EXTRAS,
    FIXED_SIZES,
    LENGTH_FIRSTS,
    LENGTH_SYMBOLS,
    ORDER,
)
from hybridcodec.keeping.deflating.trees import build, reverse
from hybridcodec.keeping.deflating.work import (
    BASE,
    BITS,
    BLOCK,
    CHECKED,
    COUNT,
    DYNAMIC,
    FIXED,
    HELD,
    LITERALS,
    PLACE,
    SIZES,
    WRITTEN,
    Numbers,
    Places,
    Work,
)
from hybridcodec.machine.kernels import kernel

_STORED, _WITH_FIXED, _WITH_OWN = 0, 1, 2
_AGAIN, _ZEROS, _MORE_ZEROS = 16, 17, 18


@kernel(nogil=True)
def distance_symbol(distance: int) -> int:
    """Return the symbol of a distance - 1."""
    if distance < 4:
        return distance
    bits = 0
    while distance >> bits + 2:
        bits += 1
    return 2 * bits + 2 + (distance >> bits & 1)


@kernel(nogil=True)
def note(symbols: Places, counts: Numbers, state: Numbers, distance: int, value: int) -> bool:
    """Note a byte (distance 0), or a match with its length - 3; tell whether the block is full."""
    symbols[state[COUNT]] = distance << 9 | value
    state[COUNT] += 1
    if distance == 0:
        counts[0, value] += 1
    else:
        counts[0, LENGTH_SYMBOLS[value] + LITERALS + 1] += 1
        counts[1, distance_symbol(distance - 1)] += 1
    return bool(state[COUNT] == len(symbols))


@kernel(nogil=True)
def flush(work: Work, last: bool) -> bool:
    """Write the block, and tell whether what is written is what is expected."""
    state = work.state
    length = state[PLACE] - state[BLOCK]
    work.counts[0, LITERALS] = 1
    last_length, last_distance = build(work, 0), build(work, 1)
    _count_sizes(work, 0, last_length)
    _count_sizes(work, 1, last_distance)
    build(work, 2)
    shown = SIZES
    while shown > 4 and work.sizes[2, ORDER[shown - 1]] == 0:
        shown -= 1
    state[DYNAMIC] += 3 * shown + 14
    fixed = (state[FIXED] + 10) >> 3
    best = min(fixed, (state[DYNAMIC] + 10) >> 3)
    if length + 4 <= best and state[BLOCK] >= state[BASE]:
        _store(work, length, last)
    elif fixed == best:
        put(work, _WITH_FIXED << 1 | last, 3)
        _use_fixed(work)
        _put_symbols(work)
    else:
        put(work, _WITH_OWN << 1 | last, 3)
        put(work, last_length - LITERALS, 5)
        put(work, last_distance, 5)
        put(work, shown - 4, 4)
        for place in range(shown):
            put(work, work.sizes[2, ORDER[place]], 3)
        _put_sizes(work, 0, last_length)
        _put_sizes(work, 1, last_distance)
        _put_symbols(work)
    if last:
        put(work, 0, -state[BITS] % 8)
    work.counts[:] = 0
    state[BLOCK], state[COUNT], state[DYNAMIC], state[FIXED] = state[PLACE], 0, 0, 0
    return _as_expected(work)


@kernel(nogil=True)
def _as_expected(work: Work) -> bool:
    state = work.state
    if len(work.expected):
        if state[WRITTEN] > len(work.expected):
            return False
        for place in range(state[CHECKED], state[WRITTEN]):
            if work.out[place] != work.expected[place]:
                return False
    state[CHECKED] = state[WRITTEN]
    return True


@kernel(nogil=True)
def _store(work: Work, length: int, last: bool) -> None:
    state = work.state
    put(work, _STORED << 1 | last, 3)
    put(work, 0, -state[BITS] % 8)
    put(work, length, 16)
    put(work, ~length & 0xFFFF, 16)
    for place in range(state[BLOCK], state[PLACE]):
        work.out[state[WRITTEN]] = work.content[place]
        state[WRITTEN] += 1


@kernel(allocates=True, nogil=True)
def _use_fixed(work: Work) -> None:
    """Set the sizes and codes of bytes, lengths and distances to the fixed ones."""
    following = np.array([0, 0, 0, 0, 0, 0, 0, 0, 48, 400], np.int64)
    for symbol in range(288):
        bits = FIXED_SIZES[0, symbol]
        if symbol == 280:
            following[8] = 192
        if symbol < work.codes.shape[1]:
            work.sizes[0, symbol] = bits
            work.codes[0, symbol] = reverse(following[bits], bits)
        following[bits] += 1
    for symbol in range(30):
        work.sizes[1, symbol] = 5
        work.codes[1, symbol] = reverse(symbol, 5)


@kernel(nogil=True)
def _put_symbols(work: Work) -> None:
    symbols, codes, sizes, out, state = work.symbols, work.codes, work.sizes, work.out, work.state
    held, bits, written = state[HELD], state[BITS], state[WRITTEN]
    for number in range(state[COUNT]):
        distance, value = int(symbols[number]) >> 9, int(symbols[number]) & 511
        symbol = value if distance == 0 else LENGTH_SYMBOLS[value] + LITERALS + 1
        held |= codes[0, symbol] << bits
        bits += sizes[0, symbol]
        if distance:
            held |= (value - LENGTH_FIRSTS[symbol - LITERALS - 1]) * (EXTRAS[0, symbol] > 0) << bits
            bits += EXTRAS[0, symbol]
            symbol = distance_symbol(distance - 1)
            held |= codes[1, symbol] << bits
            bits += sizes[1, symbol]
            held |= (distance - 1 - DISTANCE_FIRSTS[symbol]) << bits
            bits += EXTRAS[1, symbol]
        while bits >= 8:
            out[written] = held & 255
            written += 1
            held >>= 8
            bits -= 8
    state[HELD], state[BITS], state[WRITTEN] = held, bits, written
    _put_code(work, 0, LITERALS)


@kernel(nogil=True)
def _put_code(work: Work, tree: int, symbol: int) -> None:
    put(work, work.codes[tree, symbol], work.sizes[tree, symbol])


@kernel(allocates=True, nogil=True)
def _runs(sizes: Numbers, last: int) -> Numbers:
    """Return the sizes of codes up to the last as (N, 3): symbol, what its extra bits say, how many there are."""
    found, number = np.zeros((last + 1, 3), np.int64), 0
    before, count, place = -1, 0, 0
    while place <= last:
        size, count = sizes[place], 1
        most = 138 if size == 0 else 6 if size == before else 7
        while count < most and place + count <= last and sizes[place + count] == size:
            count += 1
        place += count
        if count < (3 if size == 0 or size == before else 4):
            for _ in range(count):
                found[number] = (size, 0, 0)
                number += 1
        elif size == 0:
            found[number] = (_ZEROS, count - 3, 3) if count <= 10 else (_MORE_ZEROS, count - 11, 7)
            number += 1
        else:
            if size != before:
                found[number] = (size, 0, 0)
                number, count = number + 1, count - 1
            found[number] = (_AGAIN, count - 3, 2)
            number += 1
        before = size
    return found[:number]


@kernel(nogil=True)
def _count_sizes(work: Work, tree: int, last: int) -> None:
    for run in _runs(work.sizes[tree], last):
        work.counts[2, run[0]] += 1


@kernel(nogil=True)
def _put_sizes(work: Work, tree: int, last: int) -> None:
    for run in _runs(work.sizes[tree], last):
        _put_code(work, 2, run[0])
        put(work, run[1], run[2])


@kernel(nogil=True)
def put(work: Work, value: int, bits: int) -> None:
    """Write bits, the lowest first."""
    state = work.state
    state[HELD] |= value << state[BITS]
    state[BITS] += bits
    while state[BITS] >= 8:
        work.out[state[WRITTEN]] = state[HELD] & 255
        state[WRITTEN] += 1
        state[HELD] >>= 8
        state[BITS] -= 8

"""Codes of a block: Huffman trees built and cut to 15 bits (7 for sizes) as zlib does, which settles all ties."""

from typing import Final

import numpy as np

from hybridcodec.keeping.deflating.tables import EXTRAS, FIXED_SIZES, SYMBOLS_OF
from hybridcodec.keeping.deflating.work import DYNAMIC, FIXED, HEAP, Numbers, Work
from hybridcodec.machine.kernels import kernel

_MOST_BITS: Final = np.array([15, 15, 7], np.int64)


@kernel(allocates=True, nogil=True)
def build(work: Work, tree: int) -> int:
    """Give all symbols of a tree that occur a code, two at least; add up the bits of the block; return the last symbol.

    Args:
        work: as it stands.
        tree: 0 lengths, 1 distances, 2 sizes.
    """
    counts, sizes = work.counts[tree], work.sizes[tree]
    total = SYMBOLS_OF[tree]
    heap, depths, parents = np.zeros(HEAP, np.int64), np.zeros(HEAP, np.int64), np.zeros(HEAP, np.int64)
    size, last = 0, -1
    for symbol in range(total):
        sizes[symbol] = 0
        if counts[symbol]:
            size, last = size + 1, symbol
            heap[size] = symbol
    while size < 2:
        added = 0
        if last < 2:
            last += 1
            added = last
        size += 1
        heap[size] = added
        counts[added] = 1
        work.state[DYNAMIC] -= 1
        work.state[FIXED] -= FIXED_SIZES[tree, added]
    for place in range(size // 2, 0, -1):
        _sink(heap, size, place, counts, depths)
    node, top = total, HEAP
    while size >= 2:
        first = heap[1]
        heap[1] = heap[size]
        size -= 1
        _sink(heap, size, 1, counts, depths)
        second = heap[1]
        heap[top - 1], heap[top - 2] = first, second
        top -= 2
        counts[node] = counts[first] + counts[second]
        depths[node] = max(depths[first], depths[second]) + 1
        parents[first] = parents[second] = node
        heap[1] = node
        node += 1
        _sink(heap, size, 1, counts, depths)
    top -= 1
    heap[top] = heap[1]
    numbers = _measure(work, tree, heap[top:], parents, last)
    _name(work.codes[tree], sizes, numbers, last)
    return last


@kernel(nogil=True)
def _sink(heap: Numbers, size: int, place: int, counts: Numbers, depths: Numbers) -> None:
    """Let what stands at a place of the heap sink below what is smaller."""
    value = heap[place]
    child = 2 * place
    while child <= size:
        if child < size and _smaller(heap[child + 1], heap[child], counts, depths):
            child += 1
        if _smaller(value, heap[child], counts, depths):
            break
        heap[place] = heap[child]
        place, child = child, 2 * child
    heap[place] = value


@kernel(nogil=True)
def _smaller(one: int, other: int, counts: Numbers, depths: Numbers) -> bool:
    return bool(counts[one] < counts[other] or (counts[one] == counts[other] and depths[one] <= depths[other]))


@kernel(allocates=True, nogil=True)
def _measure(work: Work, tree: int, nodes: Numbers, parents: Numbers, last: int) -> Numbers:
    """Set the bits of all codes, from the root on; return how many codes have how many."""
    counts, sizes, state = work.counts[tree], work.sizes[tree], work.state
    most, over = _MOST_BITS[tree], 0
    numbers = np.zeros(16, np.int64)
    sizes[nodes[0]] = 0
    for place in range(1, len(nodes)):
        node = nodes[place]
        bits = sizes[parents[node]] + 1
        if bits > most:
            bits = most
            over += 1
        sizes[node] = bits
        if node <= last:
            numbers[bits] += 1
            state[DYNAMIC] += counts[node] * (bits + EXTRAS[tree, node])
            state[FIXED] += counts[node] * (FIXED_SIZES[tree, node] + EXTRAS[tree, node]) if tree < 2 else 0
    if over:
        _shorten(work, tree, nodes, numbers, over, last)
    return numbers


@kernel(nogil=True)
def _shorten(work: Work, tree: int, nodes: Numbers, numbers: Numbers, over: int, last: int) -> None:
    """Make room for codes that were cut to the most bits, then hand out sizes anew, long ones to what is rare."""
    counts, sizes = work.counts[tree], work.sizes[tree]
    most = _MOST_BITS[tree]
    while over > 0:
        bits = most - 1
        while numbers[bits] == 0:
            bits -= 1
        numbers[bits] -= 1
        numbers[bits + 1] += 2
        numbers[most] -= 1
        over -= 2
    place = len(nodes)
    for bits in range(most, 0, -1):
        left = numbers[bits]
        while left:
            place -= 1
            node = nodes[place]
            if node > last:
                continue
            work.state[DYNAMIC] += (bits - sizes[node]) * counts[node]
            sizes[node] = bits
            left -= 1


@kernel(allocates=True, nogil=True)
def _name(codes: Numbers, sizes: Numbers, numbers: Numbers, last: int) -> None:
    """Set the codes of all symbols up to the last, in order of size and symbol, first bit lowest."""
    following = np.zeros(16, np.int64)
    code = 0
    for bits in range(1, 16):
        code = (code + numbers[bits - 1]) << 1
        following[bits] = code
    for symbol in range(last + 1):
        bits = sizes[symbol]
        if bits:
            codes[symbol] = reverse(following[bits], bits)
            following[bits] += 1


@kernel(nogil=True)
def reverse(code: int, bits: int) -> int:
    """Return a code with its bits in the other order."""
    turned = 0
    for _ in range(bits):
        turned = turned << 1 | code & 1
        code >>= 1
    return turned

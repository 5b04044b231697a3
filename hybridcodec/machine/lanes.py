"""Memory for values that lie side by side, lane by lane: aligned, so that vectors of lanes are whole cache lines.

And memory that threads do not share: where two of them write into one cache line, each waits for the other's.
"""

import math
from typing import Any, Final

import numpy as np
from numpy.typing import DTypeLike, NDArray

LINE: Final = 8
"""Values of a cache line; of numbers of 32 bits, half a line."""
_LINE_BYTES: Final = 64
_PAIR_BYTES: Final = 128
"""Processors fetch lines in pairs."""


def zeros(shape: tuple[int, ...], lane: int = 0, dtype: DTypeLike = np.float64) -> NDArray[Any]:
    """Return zeros of which lane `lane` begins a cache line in every row; rows are whole lines."""
    item = np.dtype(dtype).itemsize
    line = _LINE_BYTES // item
    assert shape[-1] % line == 0
    size = math.prod(shape)
    memory = np.empty(size + line, dtype)
    memory.fill(0)  # which other threads need not wait for, as they would for `np.zeros`
    begin = -(memory.ctypes.data // item + lane) % line
    return memory[begin : begin + size].reshape(shape)


def apart(values: NDArray[Any]) -> NDArray[Any]:
    """Return a copy in cache lines of its own, for what a thread writes again and again."""
    room = np.empty(values.nbytes + 2 * _PAIR_BYTES, np.uint8)
    begin = -room.ctypes.data % _PAIR_BYTES
    copy: NDArray[Any] = room[begin : begin + values.nbytes].view(values.dtype).reshape(values.shape)
    copy[...] = values
    return copy

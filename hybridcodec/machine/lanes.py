"""Memory for values that lie side by side, lane by lane: aligned, so that vectors of lanes are whole cache lines."""

import math
from typing import Any, Final

import numpy as np
from numpy.typing import DTypeLike, NDArray

LINE: Final = 8
"""Values of a cache line; of numbers of 32 bits, half a line."""
_LINE_BYTES: Final = 64


def zeros(shape: tuple[int, ...], lane: int = 0, dtype: DTypeLike = np.float64) -> NDArray[Any]:
    """Return zeros of which lane `lane` begins a cache line in every row; rows are whole lines."""
    item = np.dtype(dtype).itemsize
    line = _LINE_BYTES // item
    assert shape[-1] % line == 0
    size = math.prod(shape)
    memory = np.zeros(size + line, dtype)
    begin = -(memory.ctypes.data // item + lane) % line
    return memory[begin : begin + size].reshape(shape)

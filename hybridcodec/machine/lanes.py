"""Memory for values that lie side by side, lane by lane: aligned, so that vectors of lanes are whole cache lines."""

import math
from typing import Final

import numpy as np
from numpy.typing import NDArray

LINE: Final = 8
"""Values of a cache line."""


def zeros(shape: tuple[int, ...], lane: int = 0) -> NDArray[np.float64]:
    """Return float64 zeros of which lane `lane` begins a cache line in every row; lanes are a multiple of LINE."""
    assert shape[-1] % LINE == 0
    size = math.prod(shape)
    memory = np.zeros(size + LINE)
    begin = -(memory.ctypes.data // memory.itemsize + lane) % LINE
    return memory[begin : begin + size].reshape(shape)

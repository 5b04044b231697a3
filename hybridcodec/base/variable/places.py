"""Where the latents of each pass lie, and kernels that take what is known of them and put what was coded.

Every pass holds a quarter of the latents of every place, four channels apart, so that all of a tile are gone through
row by row, and channels within a place, without a mask.
"""

from collections.abc import Iterator
from typing import Any

import numpy as np
from numpy.typing import NDArray

from hybridcodec.base.units import SCALES
from hybridcodec.base.variable.schema import LATENTS, PASSES, STEPS
from hybridcodec.machine.kernels import kernel

I32 = NDArray[np.int32]
Mask = NDArray[np.bool_]


def passes(height: int, width: int) -> Iterator[Mask]:
    """Yield where the latents of each pass lie, bool (height, width, LATENTS): a quarter of them everywhere."""
    row, column, channel = np.ogrid[:height, :width, :LATENTS]
    number = (channel + row + column) % 2 * 2 + (channel // 2 + row) % 2
    for n in range(PASSES):
        yield number == n


@kernel(nogil=True)
def first_channel(number: int, row: int, column: int) -> int:
    """Return the first channel of a pass at a place; the others follow PASSES apart."""
    return (number // 2 + row + column) % 2 + 2 * ((number + row) % 2)


@kernel(nogil=True)
def expect(parameters: I32, number: int, mean: I32, index: NDArray[np.int64]) -> None:
    """Take means, and scale indices rounded to whole ones, of a pass: (n,) from (h, w, 2 * LATENTS), in 1 / STEPS."""
    k, last = 0, np.int32(SCALES - 1)
    for row in range(parameters.shape[0]):
        for column in range(parameters.shape[1]):
            for channel in range(first_channel(number, row, column), LATENTS, PASSES):
                mean[k] = parameters[row, column, channel]
                scale = (parameters[row, column, LATENTS + channel] + np.int32(STEPS // 2)) // np.int32(STEPS)
                index[k] = min(max(scale, np.int32(0)), last)
                k += 1


@kernel(nogil=True)
def take(values: NDArray[Any], number: int, out: NDArray[Any]) -> None:
    """Take the values of a pass: (n,) from (h, w, LATENTS)."""
    k = 0
    for row in range(values.shape[0]):
        for column in range(values.shape[1]):
            for channel in range(first_channel(number, row, column), LATENTS, PASSES):
                out[k] = values[row, column, channel]
                k += 1


@kernel(nogil=True)
def put(values: I32, number: int, out: I32) -> None:
    """Put the values of a pass, (n,), into (h, w, LATENTS)."""
    k = 0
    for row in range(out.shape[0]):
        for column in range(out.shape[1]):
            for channel in range(first_channel(number, row, column), LATENTS, PASSES):
                out[row, column, channel] = values[k]
                k += 1

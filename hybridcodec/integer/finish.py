"""What follows a stage's matrix product, in one compiled pass: bias, rounding, shuffle, residual sum, activation.

In NumPy these would be six passes, which take half as long as the product itself.
"""

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from hybridcodec.integer.layers import Floats
from hybridcodec.machine.kernels import kernel

F32 = NDArray[np.float32]


class Finish(NamedTuple):
    """What is the same for all rows of a stage.

    Attributes:
        low: the activation's lower limit.
        high: the activation's upper limit.
        upscale: r, the edge of the square of pixels that a pixel gives.
        border: pixels around the output that are not written.
    """

    low: int
    high: int
    upscale: int
    border: int


@kernel(nogil=True)
def finish(products: Floats, bias: Floats, entered: F32, how: Finish, top: int, out: F32) -> None:
    """Write the rows of `out` that come of products (n, w, r * r * C), which are rows `top` to top + n of the input.

    Args:
        products: float32 or float64, in the order of `PixelShuffle.order`.
        bias: (r * r * C,), of the same type.
        entered: what is added, of the shape of `out` and with the same border; empty where nothing is.
        how: the activation, the shuffle, and the border of `out`.
        top: first row of the input.
        out: integers (h * r + 2 border, w * r + 2 border, C).
    """
    n, w, _ = products.shape
    channels, upscale, border = out.shape[2], how.upscale, how.border
    low, high, adds = np.float32(how.low), np.float32(how.high), entered.size > 0
    for y in range(n):
        for x in range(w):
            for i in range(upscale * upscale):
                row, column = (top + y) * upscale + i // upscale + border, x * upscale + i % upscale + border
                for c in range(channels):
                    k = i * channels + c
                    value = np.floor(products[y, x, k] + bias[k])
                    if adds:
                        value += entered[row, column, c]
                    out[row, column, c] = min(max(value, low), high)

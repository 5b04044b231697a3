"""What follows a stage's matrix product, in one compiled pass: bias, rounding, shuffle, residual sum, activation.

In NumPy these would be six passes, which take half as long as the product itself.
"""

import numpy as np
from numpy.typing import NDArray

from hybridcodec.integer.layers import Floats
from hybridcodec.machine.kernels import kernel

F32 = NDArray[np.float32]


@kernel(nogil=True)
def finish(
    products: Floats, bias: Floats, entered: F32, low: int, high: int, upscale: int, top: int, out: F32, border: int
) -> None:
    """Write the rows of `out` that come of products (n, w, r * r * C), which are rows `top` to top + n of the input.

    Args:
        products: float32 or float64, in the order of `PixelShuffle.order`.
        bias: (r * r * C,), of the same type.
        entered: what is added, of the shape of `out` and with the same border; empty where nothing is.
        low: the activation's lower limit.
        high: the activation's upper limit.
        upscale: r, the edge of the square of pixels that a pixel gives.
        top: first row of the input.
        out: integers (h * r + 2 border, w * r + 2 border, C).
        border: pixels around `out` that are not written.
    """
    n, w, _ = products.shape
    channels = out.shape[2]
    low_, high_, adds = np.float32(low), np.float32(high), entered.size > 0
    for y in range(n):
        for x in range(w):
            for i in range(upscale * upscale):
                row, column = (top + y) * upscale + i // upscale + border, x * upscale + i % upscale + border
                for c in range(channels):
                    k = i * channels + c
                    value = np.floor(products[y, x, k] + bias[k])
                    if adds:
                        value += entered[row, column, c]
                    out[row, column, c] = min(max(value, low_), high_)

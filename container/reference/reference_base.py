"""Integer networks and runs of values, `container/BITSTREAM.md`, "Base layer", in NumPy int64: slow, without torch."""

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray
from reference_coder import ReferenceDecoder, naturals

I64 = NDArray[np.int64]
RUN = 1 << 14
Tensors = Mapping[str, NDArray[Any]]


def convolve(x: I64, weight: I64, bias: I64) -> I64:
    """Correlate (in, h, w) with (out, in, k, k), zeros around."""
    _, h, w = x.shape
    reach = weight.shape[2] // 2
    padded = np.pad(x, ((0, 0), (reach, reach), (reach, reach)))
    total = np.zeros((len(weight), h, w), np.int64) + bias[:, None, None]
    for row, column in np.ndindex(weight.shape[2:]):
        part = padded[:, row : row + h, column : column + w].reshape(len(x), -1)
        total += (weight[:, :, row, column] @ part).reshape(total.shape)
    return total


def run(network: str, layers: list[tuple[str, int, str]], tensors: Tensors, x: I64, limit: int) -> I64:
    """Return what the layers of an integer network make of x (C, h, w), limited to +-limit on entering."""
    x = entered = x.clip(-limit, limit)
    for name, upscale, block in layers:
        entered = x if block == "enter" else entered
        weight, bias, shift, limits = (
            tensors[f"{network}.{name}.{part}"].astype(np.int64) for part in ("weight", "bias", "shift", "limits")
        )
        x = convolve(x, weight, bias)
        half = np.where(shift > 0, 1 << np.maximum(shift - 1, 0), 0)
        x = (x + half[:, None, None]) >> shift[:, None, None]
        channels, h, w = x.shape
        x = x.reshape(-1, upscale, upscale, h, w).transpose(0, 3, 1, 4, 2)  # (C, h, r, w, r)
        x = x.reshape(channels // upscale**2, h * upscale, w * upscale)
        x = (x + entered if block == "leave" else x).clip(*limits)
    return x


def read_values(coder: ReferenceDecoder, tables: NDArray[Any], rows: Sequence[int]) -> list[int]:
    """Read one value for each entry of `rows`, run by run."""
    values: list[int] = []
    for at in range(0, len(rows), RUN):
        part = rows[at : at + RUN]
        reach = tables.shape[1] // 2 - 1
        found = [coder.symbol(tables[row].tolist()) - reach for row in part]
        escaped = [i for i, value in enumerate(found) if value == reach + 1]
        for i, escape in zip(escaped, naturals(coder, len(escaped)), strict=True):
            magnitude = (escape >> 1) + reach + 1
            found[i] = -magnitude if escape & 1 else magnitude
        values += found
    return values

"""The decoder of a base layer that `container/BITSTREAM.md` describes, in NumPy int64: slow, without torch."""

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray
from reference_coder import ReferenceDecoder, naturals

I64 = NDArray[np.int64]
RUN, SCALES, LATENTS, HYPER_LATENTS = 1 << 14, 32, 96, 48
H_S = [("up32", 2, ""), ("up16", 2, ""), ("out", 1, "")]
G_S = [
    ("stem", 1, ""),
    *[("res16a", 1, "enter"), ("res16b", 1, "leave"), ("up8", 2, "")],
    *[("res8a", 1, "enter"), ("res8b", 1, "leave"), ("up4", 2, "")],
    *[("res4a", 1, "enter"), ("res4b", 1, "leave"), ("out", 4, "")],
]
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


def decode_tile(payload: bytes, tensors: Tensors, h: int, w: int) -> I64:
    """Return y_hat, (LATENTS, h, w)."""
    coder, height, width = ReferenceDecoder(payload), -(-h // 4), -(-w // 4)
    z = read_values(coder, tensors["tables.z"], np.repeat(range(HYPER_LATENTS), height * width).tolist())
    parameters = run("h_s", H_S, tensors, np.array(z, np.int64).reshape(-1, height, width), 127)[:, :h, :w]
    mean, index = parameters[:LATENTS], parameters[LATENTS:].clip(0, SCALES - 1)
    y = read_values(coder, tensors["tables.y"], index.ravel().tolist())
    if not coder.used_up():
        raise ValueError("corrupt")
    return 16 * np.array(y, np.int64).reshape(mean.shape) + mean


def decode(
    common: bytes, tiles: Sequence[bytes], tensors: Tensors, height: int, width: int, channels: int, tile: int
) -> NDArray[np.uint8]:
    """Return the base picture, (height, width, channels)."""
    rows, columns, edge = -(-height // 16), -(-width // 16), tile // 16
    y_hat = np.zeros((LATENTS, rows, columns), np.int64)
    places = [(y, x) for y in range(0, rows, edge) for x in range(0, columns, edge)]
    for (y, x), payload in zip(places, tiles, strict=True):
        h, w = min(edge, rows - y), min(edge, columns - x)
        y_hat[:, y : y + h, x : x + w] = decode_tile(payload, tensors, h, w)
    red, green, blue = run("g_s", G_S, tensors, y_hat, 2047)[:, :height, :width] + 128 * 16
    planes = [red, green, blue] if channels == 3 else [(red + 2 * green + blue + 2) >> 2]
    correction = np.frombuffer(common, np.int8).astype(np.int64)
    fine = np.stack(planes, 2) + correction
    return ((fine + 8) >> 4).clip(0, 255).astype(np.uint8)

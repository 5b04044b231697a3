"""The texture head that `container/BITSTREAM.md` describes, in NumPy int64: slow, without torch."""

from collections.abc import Sequence

import numpy as np
import reference_variable
from numpy.typing import NDArray
from reference_base import Tensors, run

I64 = NDArray[np.int64]
KNOT, ROWS, LIMIT, WORD = 128, 9, 511, 0xFFFFFFFF
TO_UNIT = ((111, 7), (11, 7), (53, 13))
BODY = [*reference_variable.block("res4x"), *reference_variable.block("res4y")]


def decode(
    common: bytes, below: tuple[bytes, Sequence[bytes], Tensors, int], head: Tensors, height: int, width: int,
    channels: int,
) -> NDArray[np.uint8]:  # fmt: skip
    """Return the display picture, (height, width, channels).

    Args:
        common: payload of the display layer.
        below: common payload, tiles, model and edge of tiles of the base layer.
        head: the display layer's model.
        height: of the base picture.
        width: of the base picture.
        channels: 1 or 3.
    """
    base_common, tiles, tensors, tile = below
    latents, quality = reference_variable.decode_latents(base_common, tiles, tensors, height, width, tile)
    fine, features = reference_variable.draw(latents, tensors)
    seen = run("body", BODY, head, features + offset(head["offsets"], quality)[:, None, None], LIMIT)
    fine = fine + run("colour", [("out", 4, "")], head, seen, LIMIT)
    strengths = run("grain", [("out", 1, "")], head, seen, LIMIT)
    strengths = (doubled(doubled(strengths, "edge"), "edge") + 128) >> 8
    grain = sum(strengths[n] * band(n, *fine.shape[1:]) for n in range(3))
    fine = fine + ((grain + 128) >> 8)
    return reference_variable.samples(fine[:, :height, :width], np.frombuffer(common, np.int8), channels)


def offset(table: NDArray[np.integer], quality: int) -> I64:
    """Return the row of the table of offsets for a quality."""
    row, part = quality // KNOT, quality % KNOT
    low, high = (table[min(n, ROWS - 1)].astype(np.int64) for n in (row, row + 1))
    return (low * (KNOT - part) + high * part + KNOT // 2) // KNOT


def doubled(x: I64, mode: str) -> I64:
    """Return planes (C, 2 h, 2 w) of (C, h, w), 16 times as large; `mode` says what lies around."""
    for axis in (1, 2):
        x = np.moveaxis(x, axis, 0)
        padded = np.pad(x, ((1, 1), (0, 0), (0, 0)), mode=mode)
        both = [3 * x + padded[:-2], 3 * x + padded[2:]]
        x = np.moveaxis(np.stack(both, 1).reshape(-1, *x.shape[1:]), 0, axis)
    return x


def band(number: int, height: int, width: int) -> I64:
    """Return the noise of a band at every pixel, with a standard deviation of 64."""
    edge = 4  # squares around the picture, which interpolation sees
    rows, columns = (range(-edge, -(-size // 2**number) + edge) for size in (height, width))
    noise = np.array([[[hashed(y, x, number) for x in columns] for y in rows]], np.int64)
    for _ in range(number):
        noise = doubled(noise, "edge")
    factor, shift = TO_UNIT[number]
    start = edge << number
    cut = noise[0, start : start + height, start : start + width]
    return (cut * factor + (1 << (shift - 1))) >> shift


def hashed(y: int, x: int, number: int) -> int:
    """Return an odd number, -127 to 127, for a place and a band."""
    v = ((y * 0x9E3779B1) & WORD) ^ ((x * 0x85EBCA77 + (number + 1) * 0x68BC21EB) & WORD)
    v = ((v ^ (v >> 16)) * 0x7FEB352D) & WORD
    v = ((v ^ (v >> 15)) * 0x846CA68B) & WORD
    return 2 * (((v ^ (v >> 16)) >> 20) & 127) - 127

"""The decoder of base coder 2 that `container/BITSTREAM.md` describes, in NumPy int64: slow, without torch."""

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray
from reference_base import Tensors, read_values, run
from reference_coder import ReferenceDecoder

I64 = NDArray[np.int64]
LATENTS, HYPER_LATENTS, SCALES, STEPS, KNOT, KNOTS = 160, 64, 32, 64, 32, 33
HYPER_LIMIT, CONTEXT_LIMIT, FINE_LIMIT, LATENT_LIMIT, SEEN_LIMIT, UNIT_LIMIT = 32767, 4095, 16383, 4095, 511, 511
Layers = list[tuple[str, int, str]]


def block(name: str) -> Layers:
    """Return the two layers of a residual block."""
    return [(name + "a", 1, "enter"), (name + "b", 1, "leave")]


ONE: Layers = [("out", 1, "")]
H_S: Layers = [("up32", 2, ""), ("up16", 2, ""), *block("res16"), *ONE]
STRAIGHT: Layers = [("out", 16, "")]
TRUNK: Layers = [
    *[("stem", 1, ""), *block("res16x"), *block("res16y"), ("up8", 2, "")],
    *[*block("res8x"), *block("res8y"), *block("res8z"), ("up4", 2, "")],
]
TAIL: Layers = [*block("res4x"), *block("res4y"), ("out", 4, "")]


def between(table: NDArray[np.integer], quality: int) -> I64:
    """Return the row of a table of gains for a quality."""
    row, part = quality // KNOT, quality % KNOT
    low, high = (table[min(n, KNOTS - 1)].astype(np.int64) for n in (row, row + 1))
    return (low * (KNOT - part) + high * part + KNOT // 2) // KNOT


def scaled(values: I64, inverse: I64) -> I64:
    """Return values (C, h, w) at gain 1."""
    return (values * inverse[:, None, None] + (1 << 15)) >> 16


def context(number: int, known: I64, first: I64, tensors: Tensors) -> I64:
    """Return what a context adds to the parameters."""
    name = f"context{number}"
    total = run(f"{name}.known", ONE, tensors, (known + 2) >> 2, CONTEXT_LIMIT)
    total = total + run(f"{name}.hyper", ONE, tensors, (first + 2) >> 2, CONTEXT_LIMIT)
    return run(f"{name}.out", ONE, tensors, total.clip(0, None), FINE_LIMIT)


def decode_tile(payload: bytes, tensors: Tensors, quality: int, h: int, w: int) -> I64:
    """Return the latents at gain 1 of a tile, (LATENTS, h, w)."""
    coder, height, width = ReferenceDecoder(payload), -(-h // 4), -(-w // 4)
    near = (quality + KNOT // 2) // KNOT
    tables = tensors["tables.z"].reshape(KNOTS, HYPER_LATENTS, -1)[near]
    z = read_values(coder, tables, list(range(HYPER_LATENTS)) * (height * width))
    planes = np.array(z, np.int64).reshape(height, width, -1).transpose(2, 0, 1).clip(-(1 << 20), 1 << 20)
    planes = scaled(planes, between(tensors["gains.hyper_inverse"], quality))
    first = run("h_s", H_S, tensors, planes, HYPER_LIMIT)[:, :h, :w]
    first[LATENTS:] += between(tensors["gains.shift"], quality)[:, None, None]
    c, y, x = np.ogrid[:LATENTS, :h, :w]
    number = (c + y + x) % 2 * 2 + (c // 2 + y) % 2
    known, parameters = np.zeros((LATENTS, h, w), np.int64), first
    for n in range(4):
        if n:
            parameters = (parameters if n == 3 else first) + context(n, known, first, tensors)
        rows, columns, channels = np.nonzero((number == n).transpose(1, 2, 0))
        mean = parameters[channels, rows, columns]
        index = ((parameters[LATENTS + channels, rows, columns] + STEPS // 2) // STEPS).clip(0, SCALES - 1)
        values = read_values(coder, tensors["tables.y"], index.tolist())
        known[channels, rows, columns] = STEPS * np.array(values, np.int64) + mean
    if not coder.used_up():
        raise ValueError("corrupt")
    return scaled(known, between(tensors["gains.inverse"], quality))


def draw(latents: I64, tensors: Tensors) -> tuple[I64, I64]:
    """Return three planes in 1/16 of a sample step from mid-gray, and the features that they are drawn from."""
    straight = run("straight", STRAIGHT, tensors, latents, LATENT_LIMIT)
    channels, h, w = straight.shape
    seen = ((straight + 4) >> 3).reshape(channels, h // 4, 4, w // 4, 4).transpose(0, 2, 4, 1, 3)
    features = run("trunk", TRUNK, tensors, latents, LATENT_LIMIT)
    features = features + run("see", ONE, tensors, seen.reshape(16 * channels, h // 4, w // 4), SEEN_LIMIT)
    features = run("tail", TAIL[:-1], tensors, features, UNIT_LIMIT)
    return straight + run("tail", TAIL[-1:], tensors, features, UNIT_LIMIT), features


def decode(
    common: bytes, tiles: Sequence[bytes], tensors: Tensors, height: int, width: int, channels: int, tile: int
) -> NDArray[np.uint8]:
    """Return the base picture, (height, width, channels)."""
    latents, _ = decode_latents(common, tiles, tensors, height, width, tile)
    fine = draw(latents, tensors)[0][:, :height, :width]
    return samples(fine, np.frombuffer(common[2:], np.int8), channels)


def decode_latents(
    common: bytes, tiles: Sequence[bytes], tensors: Tensors, height: int, width: int, tile: int
) -> tuple[I64, int]:
    """Return the latents of all tiles at gain 1, (LATENTS, rows, columns), and the quality."""
    quality = int.from_bytes(common[:2], "little")
    rows, columns, edge = -(-height // 16), -(-width // 16), tile // 16
    latents = np.zeros((LATENTS, rows, columns), np.int64)
    places = [(y, x) for y in range(0, rows, edge) for x in range(0, columns, edge)]
    for (y, x), payload in zip(places, tiles, strict=True):
        h, w = min(edge, rows - y), min(edge, columns - x)
        latents[:, y : y + h, x : x + w] = decode_tile(payload, tensors, quality, h, w)
    return latents, quality


def samples(fine: I64, correction: NDArray[np.int8], channels: int) -> NDArray[np.uint8]:
    """Return a picture (height, width, channels) of three planes in 1/16 of a sample step from mid-gray."""
    red, green, blue = fine + 128 * 16
    planes = [red, green, blue] if channels == 3 else [(red + 2 * green + blue + 2) >> 2]
    return ((np.stack(planes, 2) + correction.astype(np.int64) + 8) >> 4).clip(0, 255).astype(np.uint8)

"""Entropy coding of one tile's latents: hyper-latents, then four passes that each see what came before."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from functools import partial

import numpy as np
from numpy.typing import NDArray

from hybridcodec.base.values import code_values, quantise, require_bytes
from hybridcodec.base.variable.model import Gains, VariableModel, in_context_steps
from hybridcodec.base.variable.places import expect, put, take
from hybridcodec.base.variable.schema import HYPER_LATENTS, LATENTS, PASSES, STEPS
from hybridcodec.entropy import RangeDecoder, RangeEncoder
from hybridcodec.modes import Backend

F32 = NDArray[np.float32]
I32 = NDArray[np.int32]
I64 = NDArray[np.int64]
Values = Callable[[I32, I64, I64 | None], I64]
"""Codes one integer per entry of the second, row numbers of the first, and returns the integers: see `code_values`."""
REACH = 1 << 20
"""Hyper-latents are clipped to this before they are scaled."""


@dataclass(frozen=True)
class Latents:
    """What an encoder makes of a tile at one quality: y (h, w, LATENTS) real, z (ceil(h/4), ceil(w/4), HYPER_LATENTS).

    Both are scaled by their gains, z is rounded.
    """

    y: F32
    z: I64


def encode_tile(latents: Latents, model: VariableModel, gains: Gains, threads: int = 1) -> tuple[bytes, I64]:
    """Return a tile's payload and its latents at gain 1, (LATENTS, h, w)."""
    coder = RangeEncoder()
    found = code_latents(partial(code_values, coder), model, gains, latents.y.shape[:2], latents, threads)
    return coder.finish(), found


def decode_tile(
    payload: bytes, shape: tuple[int, int], model: VariableModel, gains: Gains, backend: Backend = Backend.COMPILED,
    threads: int = 1,
) -> I64:  # fmt: skip
    """Return the latents at gain 1, (LATENTS, h, w), of a tile of `shape` h, w.

    Raises:
        CorruptFileError: the payload cannot be a tile's, or is not used up by it.
        MismatchError: two decoders disagree on it.
    """
    require_room(payload, shape, model, gains)
    coder = RangeDecoder(payload, backend)
    found = code_latents(partial(code_values, coder), model, gains, shape, None, threads)
    coder.finish()
    return found


def require_room(payload: bytes, shape: tuple[int, int], model: VariableModel, gains: Gains) -> None:
    """Raise CorruptFileError where a payload is too short for a tile of so many latents, whatever they are."""
    height, width = shape
    y, z = LATENTS * height * width, HYPER_LATENTS * -(-height // 4) * -(-width // 4)
    require_bytes(payload, ((y, model.y_tables), (z, gains.z_tables)))


def code_latents(
    values: Values,
    model: VariableModel,
    gains: Gains,
    shape: tuple[int, int],
    latents: Latents | None,
    threads: int = 1,
) -> I64:
    """Write, read or price a tile of `shape` h, w and return its latents at gain 1, (LATENTS, h, w)."""
    first = first_parameters(values, model, gains, shape, None if latents is None else latents.z, threads)
    y_hat = np.zeros((*shape, LATENTS), np.int32)
    count = y_hat.size // PASSES
    mean, index, y = np.empty(count, np.int32), np.empty(count, np.int64), np.empty(count, np.float32)
    parameters, seen = first, in_context_steps(first)
    for number in range(PASSES):
        if number:
            before = first if number < PASSES - 1 else parameters
            parameters = before + model.contexts[number - 1](y_hat, seen, threads)
        expect(parameters, number, mean, index)
        symbols = None
        if latents is not None:
            take(latents.y, number, y)
            symbols = quantise(y, mean, STEPS)
        put((STEPS * values(model.y_tables, index, symbols) + mean).astype(np.int32), number, y_hat)
    return gains.latents(y_hat).transpose(2, 0, 1)


def first_parameters(
    values: Values, model: VariableModel, gains: Gains, shape: tuple[int, int], z: I64 | None, threads: int = 1
) -> I32:
    """Code hyper-latents and return what they say: means and indices (h, w, 2 * LATENTS)."""
    height, width = shape
    h, w = -(-height // 4), -(-width // 4)
    rows = np.tile(np.arange(HYPER_LATENTS), h * w)
    found = values(gains.z_tables, rows, None if z is None else z.ravel()).reshape(h, w, HYPER_LATENTS)
    scaled = gains.hyper_latents(found.clip(-REACH, REACH))
    first = model.h_s(scaled, threads)[:height, :width].astype(np.int32)
    first[..., LATENTS:] += gains.shift.astype(np.int32)
    return first

"""Entropy coding of one tile's latents, hyper-latents first: the same traversal writes and reads.

Symbols are y - mean rounded (Minnen et al. 2018, section 2), so one table per scale serves every mean. Values beyond a
table's range go as the escape symbol and their excess as a natural number: nothing is ever clipped.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.typing import NDArray

from hybridcodec.base.hyperprior.model import BaseModel
from hybridcodec.base.hyperprior.schema import HYPER_LATENTS, LATENTS, MEAN_STEPS, SCALES
from hybridcodec.entropy import Coder, RangeDecoder, RangeEncoder, code_naturals, least_bits, least_bytes
from hybridcodec.errors import CorruptFileError
from hybridcodec.modes import Backend

I32 = NDArray[np.int32]
I64 = NDArray[np.int64]
F32 = NDArray[np.float32]

ROWS: Final = 1 << 14
"""Symbols per call of the coder: bounds its memory, and is part of the format, since escapes follow each call."""
LARGEST: Final = 1 << 24
"""A symbol of this magnitude cannot come from 8-bit samples: the stream is damaged."""


@dataclass(frozen=True)
class Latents:
    """What the encoder's analysis makes of a tile: y (LATENTS, h, w) real, z (HYPER_LATENTS, ceil(h/4), ceil(w/4))."""

    y: F32
    z: I64


def encode_tile(latents: Latents, model: BaseModel) -> tuple[bytes, I32]:
    """Return a tile's payload and y_hat, int32 (LATENTS, h, w) in units of 1 / MEAN_STEPS."""
    coder = RangeEncoder()
    y_hat = code_latents(coder, model, latents.y.shape[1], latents.y.shape[2], latents)
    return coder.finish(), y_hat


def decode_tile(payload: bytes, height: int, width: int, model: BaseModel, backend: Backend = Backend.COMPILED) -> I32:
    """Return y_hat of a tile of `height` x `width` latents.

    Raises:
        CorruptFileError: the payload cannot be a tile's, or is not used up by it.
        MismatchError: two decoders disagree on it.
    """
    require_room(payload, height, width, model)
    coder = RangeDecoder(payload, backend)
    y_hat = code_latents(coder, model, height, width, None)
    coder.finish()
    return y_hat


def require_room(payload: bytes, height: int, width: int, model: BaseModel) -> None:
    """Raise CorruptFileError where a payload is too short for a tile of so many latents, whatever they are."""
    y, z = LATENTS * height * width, HYPER_LATENTS * -(-height // 4) * -(-width // 4)
    bits = sum(n * least_bits(int(t.max()), t.shape[1]) for n, t in ((y, model.y_tables), (z, model.z_tables)))
    if len(payload) < least_bytes(bits):
        raise CorruptFileError(f"a base tile takes at least {least_bytes(bits)} bytes, found {len(payload)}")


def code_latents(coder: Coder, model: BaseModel, height: int, width: int, latents: Latents | None) -> I32:
    """Write or read a tile and return y_hat, int32 (LATENTS, height, width)."""
    h, w = -(-height // 4), -(-width // 4)
    channels = np.repeat(np.arange(HYPER_LATENTS), h * w)
    z = _code_values(coder, model.z_tables, channels, None if latents is None else latents.z.ravel())
    mean, scale = parameters_of_y(model, z.reshape(HYPER_LATENTS, h, w), height, width)
    symbols = None if latents is None else quantise(latents.y, mean).ravel()
    symbols = _code_values(coder, model.y_tables, scale.ravel(), symbols)
    y_hat = MEAN_STEPS * symbols.reshape(mean.shape) + mean
    return y_hat.astype(np.int32)


def quantise(y: F32, mean: I64) -> I64:
    """Return the symbols: y - mean, rounded to whole steps."""
    symbols: I64 = np.rint(y - mean.astype(np.float32) / MEAN_STEPS).astype(np.int64)
    return symbols


def parameters_of_y(model: BaseModel, z: I64, height: int, width: int) -> tuple[I64, I64]:
    """Return means, in 1 / MEAN_STEPS, and scale indices, both (LATENTS, height, width)."""
    parameters = model.h_s(z.clip(-(1 << 20), 1 << 20).transpose(1, 2, 0))[:height, :width]  # (h, w, 2 * LATENTS)
    mean, scale = parameters.transpose(2, 0, 1).astype(np.int64).reshape(2, LATENTS, height, width)
    return mean, scale.clip(0, SCALES - 1)


def _code_values(coder: Coder, tables: I32, rows: I64, values: I64 | None) -> I64:
    """Code one integer per entry of `rows`, the tables' row numbers, and return the integers."""
    coded = [
        _code_run(coder, tables[rows[at : at + ROWS]], None if values is None else values[at : at + ROWS])
        for at in range(0, len(rows), ROWS)
    ]
    return np.concatenate(coded)


def _code_run(coder: Coder, frequencies: I32, values: I64 | None) -> I64:
    escape = frequencies.shape[1] - 1
    reach = escape // 2
    symbols, excess = None, None
    if values is not None:
        outside = np.abs(values) > reach
        symbols = np.where(outside, escape, values + reach).astype(np.int32)
        excess = 2 * (np.abs(values[outside]) - reach - 1) + (values[outside] < 0)
    symbols = coder.code(frequencies, symbols)
    found: I64 = symbols.astype(np.int64) - reach
    escaped = np.flatnonzero(symbols == escape)
    naturals = code_naturals(coder, excess, len(escaped))
    if naturals.size and int(naturals.max()) >= LARGEST:
        raise CorruptFileError("a base tile holds a latent that no picture can have")
    magnitude = (naturals >> 1) + reach + 1
    found[escaped] = np.where(naturals & 1, -magnitude, magnitude)
    return found

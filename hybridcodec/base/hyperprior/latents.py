"""Entropy coding of one tile's latents, hyper-latents first: the same traversal writes and reads."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from hybridcodec.base.hyperprior.model import BaseModel
from hybridcodec.base.hyperprior.schema import HYPER_LATENTS, LATENTS
from hybridcodec.base.units import MEAN_STEPS, SCALES
from hybridcodec.base.values import code_values, quantise, require_bytes
from hybridcodec.entropy import Coder, RangeDecoder, RangeEncoder
from hybridcodec.modes import Backend

I32 = NDArray[np.int32]
I64 = NDArray[np.int64]
F32 = NDArray[np.float32]


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
    require_bytes(payload, ((y, model.y_tables), (z, model.z_tables)))


def code_latents(coder: Coder, model: BaseModel, height: int, width: int, latents: Latents | None) -> I32:
    """Write or read a tile and return y_hat, int32 (LATENTS, height, width)."""
    h, w = -(-height // 4), -(-width // 4)
    channels = np.repeat(np.arange(HYPER_LATENTS), h * w)
    z = code_values(coder, model.z_tables, channels, None if latents is None else latents.z.ravel())
    mean, scale = parameters_of_y(model, z.reshape(HYPER_LATENTS, h, w), height, width)
    symbols = None if latents is None else quantise(latents.y, mean).ravel()
    symbols = code_values(coder, model.y_tables, scale.ravel(), symbols)
    y_hat = MEAN_STEPS * symbols.reshape(mean.shape) + mean
    return y_hat.astype(np.int32)


def parameters_of_y(model: BaseModel, z: I64, height: int, width: int) -> tuple[I64, I64]:
    """Return means, in 1 / MEAN_STEPS, and scale indices, both (LATENTS, height, width)."""
    parameters = model.h_s(z.clip(-(1 << 20), 1 << 20).transpose(1, 2, 0))[:height, :width]  # (h, w, 2 * LATENTS)
    mean, scale = parameters.transpose(2, 0, 1).astype(np.int64).reshape(2, LATENTS, height, width)
    return mean, scale.clip(0, SCALES - 1)

"""From a picture to its base payloads: float analysis, coding, and the decoder's own synthesis.

The last is there to measure the colour of the base picture against the original and to store what corrects it.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from hybridcodec.base.coder import BasePayload
from hybridcodec.base.hyperprior.decoder import TILE, WINDOW, Progress, empty_mosaic, put, synthesise, to_samples
from hybridcodec.base.hyperprior.geometry import LatentGrid
from hybridcodec.base.hyperprior.latents import Latents, encode_tile
from hybridcodec.base.hyperprior.model import BaseModel
from hybridcodec.base.hyperprior.schema import SAMPLE_STEPS, STRIDE

if TYPE_CHECKING:
    from hybridcodec.base.hyperprior.analysis import Analysis

U8 = NDArray[np.uint8]
I16 = NDArray[np.int16]
I32 = NDArray[np.int32]
CORRECTION_ROUNDS = 3
"""Clipping to 0..255 takes part of a correction away again, so it is measured anew."""


def encode_base(
    samples: U8,
    model: BaseModel,
    analysis: Analysis,
    *,
    tile: int = TILE,
    window: int = WINDOW,
    progress: Progress = None,
) -> tuple[BasePayload, U8]:
    """Encode uint8 samples (H, W, C), C being 1 or 3.

    Returns:
        The payloads, and the base picture that `decode_base` will make of them, uint8 (H, W, C).
    """
    H, W, C = samples.shape
    grid = LatentGrid(H, W, tile)
    y = analysis.latents(padded_rgb(samples, grid), window)
    mosaic, payloads = empty_mosaic(grid), []
    for area in grid.tiles:
        part = y[(slice(None), *area)]
        payload, y_hat = encode_tile(Latents(part, analysis.hyper_latents(part)), model)
        put(mosaic, area, y_hat)
        payloads.append(payload)
        if progress is not None:
            progress(0.4 + 0.3 * len(payloads) / len(grid.tiles))
    fine = np.empty((H, W, C), np.int16)
    for pixels, values in synthesise(mosaic, grid, C, model, window):
        fine[pixels] = values
    correction, picture = corrected(samples, fine)
    if progress is not None:
        progress(1.0)
    return BasePayload(correction.astype(np.int8).tobytes(), tuple(payloads)), picture


def padded_rgb(samples: U8, grid: LatentGrid) -> U8:
    """Return RGB with both sides padded to multiples of 16 by repeating the edge; gray becomes three equal channels."""
    H, W, C = samples.shape
    sides = ((0, grid.rows * STRIDE - H), (0, grid.columns * STRIDE - W), (0, 0))
    padded = np.pad(samples, sides, mode="edge")
    return padded if C == 3 else np.repeat(padded, 3, axis=2)


def corrected(samples: U8, fine: I16) -> tuple[I32, U8]:
    """Return the correction per channel that brings the mean error nearest to zero, and the picture with it."""
    channels = samples.shape[2]
    found = [_correct_channel(samples[..., c], fine[..., c]) for c in range(channels)]
    correction = np.array([value for value, _ in found], np.int32)
    return correction, np.stack([picture for _, picture in found], axis=2)


def _correct_channel(samples: U8, fine: I16) -> tuple[int, U8]:
    target = float(samples.mean(dtype=np.float64))
    tried: dict[int, tuple[float, U8]] = {}
    value = 0
    for _ in range(1 + CORRECTION_ROUNDS):
        picture = to_samples(fine, np.array(value, np.int32))
        error = target - float(picture.mean(dtype=np.float64))
        tried[value] = (abs(error), picture)
        value = int(np.clip(value + round(error * SAMPLE_STEPS), -128, 127))
        if value in tried:
            break
    best = min(tried, key=lambda key: (tried[key][0], abs(key)))
    return best, tried[best][1]

"""From a picture to its base payloads: float analysis, coding, and the decoder's own synthesis.

The last is there to measure the colour of the base picture against the original and to store what corrects it.
"""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from hybridcodec.base.coder import BasePayload
from hybridcodec.base.drawing import correct
from hybridcodec.base.geometry import LatentGrid
from hybridcodec.base.hyperprior.decoder import WINDOW, Progress, generator_of
from hybridcodec.base.hyperprior.latents import Latents, encode_tile
from hybridcodec.base.hyperprior.model import BaseModel
from hybridcodec.base.hyperprior.schema import LATENT_LIMIT, LATENTS
from hybridcodec.base.mosaic import Mosaic
from hybridcodec.base.square import TILE

if TYPE_CHECKING:
    from hybridcodec.base.hyperprior.analysis import Analysis

U8 = NDArray[np.uint8]


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
    y = analysis.latents(samples, window)
    mosaic, payloads = Mosaic(grid, LATENTS, LATENT_LIMIT), []
    for area in grid.tiles:
        part = y[(slice(None), *area)]
        payload, y_hat = encode_tile(Latents(part, analysis.hyper_latents(part)), model)
        mosaic.put(area, y_hat)
        payloads.append(payload)
        if progress is not None:
            progress(0.4 + 0.3 * len(payloads) / len(grid.tiles))
    correction, windows = correct(samples, partial(mosaic.synthesise, generator_of(model, window), C))
    picture = np.empty((H, W, C), np.uint8)
    for pixels, shown in windows:
        picture[pixels] = shown
    if progress is not None:
        progress(1.0)
    return BasePayload(correction.astype(np.int8).tobytes(), tuple(payloads)), picture

"""From a base layer's payloads to the display picture: integers only, one answer on every machine."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from hybridcodec.base.colour import corrected, gray_of, read_correction, to_samples
from hybridcodec.base.geometry import LatentGrid, Slices, square_edge
from hybridcodec.base.mosaic import Generator
from hybridcodec.base.units import MID_GRAY, SAMPLE_STEPS
from hybridcodec.base.variable.decoder import Common, decode_latents, tell
from hybridcodec.base.variable.model import VariableModel
from hybridcodec.base.variable.schema import LATENT_LIMIT
from hybridcodec.generative.coder import Beneath
from hybridcodec.generative.texture.grain import enlarged, grain
from hybridcodec.generative.texture.model import TextureModel
from hybridcodec.generative.texture.schema import MARGIN
from hybridcodec.machine.threads import Progress, part
from hybridcodec.modes import Backend

WINDOW: Final = 96
"""Edge of the generator's windows, latents; bounds memory, never changes a sample."""

U8 = NDArray[np.uint8]
I32 = NDArray[np.int32]


def encode_display(
    samples: U8, beneath: Beneath, model: TextureModel, *, window: int = WINDOW, progress: Progress = None
) -> tuple[bytes, U8]:
    """Return the correction of each channel's mean, and the picture; see `generative.coder.DisplayCoder.encode`."""
    fine = np.empty(samples.shape, np.int16)
    for area, values in _drawn(beneath, model, window, progress, Backend.COMPILED):
        fine[area] = values
    correction, picture = corrected(samples, fine)
    return correction.astype(np.int8).tobytes(), picture


def decode_display(
    common: bytes, beneath: Beneath, model: TextureModel, *, window: int = WINDOW, progress: Progress = None,
    backend: Backend = Backend.COMPILED,
) -> U8:  # fmt: skip
    """Return the display picture, uint8 (H, W, channels); see `generative.coder.DisplayCoder.decode`."""
    correction = read_correction(common, beneath.channels)
    picture = np.empty((beneath.tiling.height, beneath.tiling.width, beneath.channels), np.uint8)
    for area, values in _drawn(beneath, model, window, progress, backend):
        picture[area] = to_samples(values, correction)
    return picture


def _drawn(
    beneath: Beneath, model: TextureModel, window: int, progress: Progress, backend: Backend
) -> Iterator[tuple[Slices, I32]]:
    """Yield (rows and columns of pixels, values in 1 / SAMPLE_STEPS, int32 (h, w, channels)) window by window."""
    tiling, base = beneath.tiling, beneath.model
    grid = LatentGrid(tiling.height, tiling.width, square_edge(tiling))
    common = Common.of(beneath.common, beneath.channels)
    generator = Generator(_Drawing(base, model, common.quality), LATENT_LIMIT, MARGIN, window)
    mosaic = decode_latents(common, beneath.tiles, base, grid, generator, part(progress, 0, 0.4), backend)
    for area, drawn in mosaic.drawn():
        fine = drawn[..., :3] + grain(area, drawn[..., 3:])[..., None] + MID_GRAY * SAMPLE_STEPS
        yield area, fine if beneath.channels == 3 else gray_of(fine)
        tell(part(progress, 0.4, 1), area[0].stop / grid.height)


class _Drawing:
    """Generator of RGB in 1 / SAMPLE_STEPS from mid-gray and of the strengths of grain, pixel by pixel."""

    def __init__(self, base: VariableModel, model: TextureModel, quality: int) -> None:
        self._base, self._model, self._quality = base, model, quality

    def __call__(self, latents: NDArray[Any], threads: int) -> I32:
        fine, features = self._base.draw(latents, threads)
        added, strengths = self._model.draw(features, self._quality, threads)
        return np.concatenate((fine + added, enlarged(strengths.astype(np.int32))), axis=2)

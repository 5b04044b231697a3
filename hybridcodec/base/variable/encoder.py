"""From a picture to its base payloads: float analysis, the quality that was asked for, coding, the decoder's synthesis.

The last is there to measure the colour of the base picture against the original and to store what corrects it.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

import numpy as np
from numpy.typing import NDArray

from hybridcodec.base.coder import FINEST, BasePayload, Rate
from hybridcodec.base.colour import corrected, padded_rgb
from hybridcodec.base.geometry import LatentGrid, Slices
from hybridcodec.base.mosaic import Mosaic
from hybridcodec.base.variable.decoder import WINDOW, Common, generator_of
from hybridcodec.base.variable.latents import code_latents, encode_tile
from hybridcodec.base.variable.model import Gains, VariableModel
from hybridcodec.base.variable.rate import Price, search
from hybridcodec.base.variable.schema import LATENTS, QUALITIES
from hybridcodec.machine.threads import Progress, part

if TYPE_CHECKING:
    from hybridcodec.base.variable.analysis import Analysis

TAIL_BYTES: Final = 3
"""What a stream takes beyond its symbols' bits, on average."""

F32 = NDArray[np.float32]
U8 = NDArray[np.uint8]


def encode_base(
    samples: U8, model: VariableModel, analysis: Analysis, grid: LatentGrid, rate: Rate,
    *, window: int = WINDOW, progress: Progress = None,
) -> tuple[BasePayload, U8]:  # fmt: skip
    """Encode uint8 samples (H, W, C), C being 1 or 3.

    Returns:
        The payloads, and the base picture that `decode_base` will make of them, uint8 (H, W, C).
    """
    H, W, C = samples.shape
    work = _Work(analysis.latents(padded_rgb(samples, grid), window), model, analysis, grid)
    _tell(progress, 0.3)
    quality = work.quality_for(rate, C)
    gains, mosaic, payloads = model.gains(quality), Mosaic(grid, LATENTS, generator_of(model, window)), []
    for area in grid.tiles:
        payload, latents = encode_tile(analysis.at(work.y[(slice(None), *area)], gains), model, gains)
        mosaic.put(area, latents)
        payloads.append(payload)
        _tell(part(progress, 0.4, 0.7), len(payloads) / len(grid.tiles))
    fine = np.empty((H, W, C), np.int16)
    for pixels, values in mosaic.synthesise(C):
        fine[pixels] = values
    correction, picture = corrected(samples, fine)
    _tell(progress, 1.0)
    return BasePayload(Common(quality, correction).packed(), tuple(payloads)), picture


class _Work:
    """A picture's y at gain 1, and what it takes at a quality."""

    def __init__(self, y: F32, model: VariableModel, analysis: Analysis, grid: LatentGrid) -> None:
        self.y, self._model, self._analysis, self._grid = y, model, analysis, grid

    def quality_for(self, rate: Rate, channels: int) -> int:
        start = round(rate.quality / FINEST * (QUALITIES - 1))
        if rate.size is None:
            return start
        common = len(Common(0, np.zeros(channels, np.int32)).packed())
        target = max(rate.size - common, 1)
        found = search(self.size, target, start)
        while rate.at_most and found > 0 and self.size(found) > target:
            found -= 1
        return found

    def size(self, quality: int) -> float:
        """Return bytes of all tiles, about."""
        gains = self._model.gains(quality)
        return sum(self._tile_size(area, gains) for area in self._grid.tiles)

    def _tile_size(self, area: Slices, gains: Gains) -> float:
        latents, price = self._analysis.at(self.y[(slice(None), *area)], gains), Price()
        code_latents(price, self._model, gains, latents.y.shape[:2], latents)
        return price.bits / 8 + TAIL_BYTES


def _tell(progress: Progress, share: float) -> None:
    if progress is not None:
        progress(share)

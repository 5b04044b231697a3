"""From a picture to its base payloads: float analysis, the quality that was asked for, coding, the decoder's synthesis.

The last is there to measure the colour of the base picture against the original and to store what corrects it.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

import numpy as np
from numpy.typing import NDArray

from hybridcodec.base.coder import FINEST, BasePayload, Rate
from hybridcodec.base.colour import corrected, padded_rgb
from hybridcodec.base.geometry import LatentGrid, Slices
from hybridcodec.base.mosaic import Mosaic
from hybridcodec.base.variable.decoder import WINDOW, Common, generator_of
from hybridcodec.base.variable.latents import Latents, code_latents, encode_tile
from hybridcodec.base.variable.model import VariableModel
from hybridcodec.base.variable.rate import Price, search
from hybridcodec.base.variable.schema import LATENTS, QUALITIES
from hybridcodec.machine.threads import Progress, part
from hybridcodec.modes import Effort

if TYPE_CHECKING:
    from hybridcodec.base.variable.analysis import Analysis

TAIL_BYTES: Final = 3
"""What a stream takes beyond its symbols' bits, on average."""

SHRINK: Final = 0.95
"""About what refining leaves of a picture's bytes at the same quality."""
TRIES: Final = 2
"""Of refining for a size, where a picture shrinks otherwise."""
NEAR: Final = 0.01
"""Relative distance from a size that needs no second try."""
MOST: Final = 0.05
"""Share of a tile's bits that is spent or saved at most to meet a size."""

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
    padded = padded_rgb(samples, grid)
    work = _Work(analysis.latents(padded, window), model, analysis, grid)
    _tell(progress, 0.1)
    wanted, mosaic = work.wanted(rate, C), Mosaic(grid, LATENTS, generator_of(model, window))
    coded = work.coded(work.quality_for(rate, wanted), mosaic)
    if rate.effort is Effort.BEST:
        better = work.better(padded, rate, wanted, mosaic, part(progress, 0.1, 0.95))
        coded = better or work.coded(coded.quality, mosaic)
    fine = np.empty((H, W, C), np.int16)
    for pixels, values in mosaic.synthesise(C):
        fine[pixels] = values
    correction, picture = corrected(samples, fine)
    _tell(progress, 1.0)
    return BasePayload(Common(coded.quality, correction).packed(), coded.payloads), picture


@dataclass(frozen=True)
class _Coded:
    """All tiles at a quality."""

    quality: int
    payloads: tuple[bytes, ...]

    @property
    def size(self) -> int:
        return sum(map(len, self.payloads))


class _Work:
    """A picture's y at gain 1, and what it takes at a quality."""

    def __init__(self, y: F32, model: VariableModel, analysis: Analysis, grid: LatentGrid) -> None:
        self.y, self._model, self._analysis, self._grid = y, model, analysis, grid

    def latents(self, area: Slices, quality: int) -> Latents:
        """Return what a quality makes of a tile."""
        return self._analysis.at(self.y[(slice(None), *area)], self._model.gains(quality))

    @staticmethod
    def wanted(rate: Rate, channels: int) -> int | None:
        """Return the bytes that all tiles should take; None where a quality is asked for."""
        common = len(Common(0, np.zeros(channels, np.int32)).packed())
        return None if rate.size is None else max(rate.size - common, 1)

    def quality_for(self, rate: Rate, wanted: float | None) -> int:
        """Return the quality that is asked for, or for which all tiles take about as many bytes as are wanted."""
        start = round(rate.quality / FINEST * (QUALITIES - 1))
        if wanted is None:
            return start
        found = search(self.size, wanted, start)
        while rate.at_most and found > 0 and self.size(found) > wanted:
            found -= 1
        return found

    def size(self, quality: int) -> float:
        """Return bytes of all tiles, about."""
        return sum(self._tile_size(area, quality) for area in self._grid.tiles)

    def _tile_size(self, area: Slices, quality: int) -> float:
        latents, price = self.latents(area, quality), Price()
        code_latents(price, self._model, self._model.gains(quality), latents.y.shape[:2], latents)
        return price.bits / 8 + TAIL_BYTES

    def coded(self, quality: int, mosaic: Mosaic) -> _Coded:
        """Code all tiles at a quality, and put what they decode to into the mosaic."""
        made = [self._put(area, self.latents(area, quality), quality, mosaic) for area in self._grid.tiles]
        return _Coded(quality, tuple(made))

    def better(self, padded: U8, rate: Rate, wanted: int | None, mosaic: Mosaic, progress: Progress) -> _Coded | None:
        """As `coded`, refined; None where more bytes came of it than there may be."""
        shrink, found = SHRINK, None
        for number in range(TRIES):
            quality = self.quality_for(rate, wanted and wanted / shrink)
            share = part(progress, number / TRIES, (number + 1) / TRIES)
            found = self._refined(padded, self.coded(quality, mosaic), wanted, mosaic, share)
            off = found.size / wanted - 1 if wanted else 0.0
            if abs(off) <= NEAR or (quality == 0 and off > 0) or (quality == QUALITIES - 1 and off < 0):
                break
            shrink *= (1 + off) / (1 + math.copysign(MOST, -off))
        assert found is not None, "there is a first try"
        return None if wanted and rate.at_most and found.size > wanted else found

    def _refined(self, padded: U8, plain: _Coded, wanted: int | None, mosaic: Mosaic, progress: Progress) -> _Coded:
        from hybridcodec.base.variable.refine import Refinement

        refinement, made = Refinement(padded, self._grid, self._model, plain.quality), []
        for area, payload in zip(self._grid.tiles, plain.payloads, strict=True):
            share = None if wanted is None else wanted * len(payload) / plain.size - TAIL_BYTES
            found = refinement.tile(area, self.latents(area, plain.quality), mosaic.latents, share, MOST)
            made.append(self._put(area, found, plain.quality, mosaic))
            _tell(progress, len(made) / len(plain.payloads))
        return _Coded(plain.quality, tuple(made))

    def _put(self, area: Slices, latents: Latents, quality: int, mosaic: Mosaic) -> bytes:
        payload, found = encode_tile(latents, self._model, self._model.gains(quality))
        mosaic.put(area, found)
        return payload


def _tell(progress: Progress, share: float) -> None:
    if progress is not None:
        progress(share)

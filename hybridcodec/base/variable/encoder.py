"""From a picture to its base payloads: float analysis, the quality that was asked for, coding, the decoder's synthesis.

The last is there to measure the colour of the base picture against the original and to store what corrects it.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from typing import TYPE_CHECKING, Final, TypeVar

import numpy as np
from numpy.typing import NDArray

from hybridcodec.base.coder import FINEST, BasePayload, Rate
from hybridcodec.base.colour import padded_rgb
from hybridcodec.base.drawing import correct
from hybridcodec.base.geometry import LatentGrid, Slices
from hybridcodec.base.mosaic import Mosaic
from hybridcodec.base.variable.decoder import WINDOW, Common, for_each_tile, generator_of, tell
from hybridcodec.base.variable.latents import Latents, code_latents, encode_tile
from hybridcodec.base.variable.model import VariableModel
from hybridcodec.base.variable.rate import Price, search
from hybridcodec.base.variable.schema import LATENT_LIMIT, LATENTS, QUALITIES
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

T = TypeVar("T")
U8 = NDArray[np.uint8]


def encode_base(
    samples: U8, model: VariableModel, analysis: Analysis, grid: LatentGrid, rate: Rate,
    *, window: int = WINDOW, progress: Progress = None,
) -> tuple[BasePayload, U8]:  # fmt: skip
    """Encode uint8 samples (H, W, C), C being 1 or 3.

    Returns:
        The payloads, and the base picture that `decode_base` will make of them, uint8 (H, W, C).
    """
    coded, mosaic = code_base(samples, model, analysis, grid, rate, window=window, progress=part(progress, 0, 0.95))
    draw = partial(mosaic.synthesise, generator_of(model, window), samples.shape[2])
    correction, windows = correct(samples, draw)
    picture = np.empty(samples.shape, np.uint8)
    for pixels, shown in windows:
        picture[pixels] = shown
    tell(progress, 1.0)
    return BasePayload(Common(coded.quality, correction).packed(), coded.payloads), picture


def code_base(
    samples: U8, model: VariableModel, analysis: Analysis, grid: LatentGrid, rate: Rate,
    *, window: int = WINDOW, progress: Progress = None,
) -> tuple[Coded, Mosaic]:  # fmt: skip
    """Return all tiles of uint8 samples (H, W, C) at the rate that is asked for, and the latents that they hold."""
    work, mosaic = _Work(samples, model, analysis, grid, window), Mosaic(grid, LATENTS, LATENT_LIMIT)
    tell(progress, 0.1)
    wanted = work.wanted(rate, samples.shape[2])
    coded = work.coded(work.quality_for(rate, wanted), mosaic)
    if rate.effort is Effort.BEST:
        better = work.better(samples, rate, wanted, mosaic, part(progress, 0.1, 1.0))
        coded = better or work.coded(coded.quality, mosaic)
    return coded, mosaic


@dataclass(frozen=True)
class Coded:
    """All tiles at a quality."""

    quality: int
    payloads: tuple[bytes, ...]

    @property
    def size(self) -> int:
        """Bytes."""
        return sum(map(len, self.payloads))


class _Work:
    """A picture's y at gain 1, and what it takes at a quality."""

    def __init__(self, samples: U8, model: VariableModel, analysis: Analysis, grid: LatentGrid, window: int) -> None:
        self.y = analysis.latents(samples, window)
        self._model, self._analysis, self._grid = model, analysis, grid

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

        def size(number: int, threads: int) -> float:
            latents, price = self.latents(self._grid.tiles[number], quality), Price()
            code_latents(price, self._model, self._model.gains(quality), latents.y.shape[:2], latents, threads)
            return price.bits / 8 + TAIL_BYTES

        return sum(self._each(size))

    def _each(self, work: Callable[[int, int], T]) -> list[T]:
        with self._analysis.small():
            return for_each_tile(work, self._grid)

    def coded(self, quality: int, mosaic: Mosaic) -> Coded:
        """Code all tiles at a quality, and put what they decode to into the mosaic."""

        def code(number: int, threads: int) -> bytes:
            area = self._grid.tiles[number]
            return self._put(area, self.latents(area, quality), quality, mosaic, threads)

        return Coded(quality, tuple(self._each(code)))

    def better(self, samples: U8, rate: Rate, wanted: int | None, mosaic: Mosaic, progress: Progress) -> Coded | None:
        """As `coded`, refined; None where more bytes came of it than there may be."""
        padded, shrink, found = padded_rgb(samples), SHRINK, None
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

    def _refined(self, padded: U8, plain: Coded, wanted: int | None, mosaic: Mosaic, progress: Progress) -> Coded:
        from hybridcodec.base.variable.refine import Refinement

        refinement, made = Refinement(padded, self._grid, self._model, plain.quality), []
        for area, payload in zip(self._grid.tiles, plain.payloads, strict=True):
            share = None if wanted is None else wanted * len(payload) / plain.size - TAIL_BYTES
            found = refinement.tile(area, self.latents(area, plain.quality), mosaic.latents, share, MOST)
            made.append(self._put(area, found, plain.quality, mosaic))
            tell(progress, len(made) / len(plain.payloads))
        return Coded(plain.quality, tuple(made))

    def _put(self, area: Slices, latents: Latents, quality: int, mosaic: Mosaic, threads: int = 1) -> bytes:
        payload, found = encode_tile(latents, self._model, self._model.gains(quality), threads)
        mosaic.put(area, found)
        return payload

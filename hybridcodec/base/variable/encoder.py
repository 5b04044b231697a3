"""From a picture to its base payloads: analysis, the quality that was asked for, coding, the decoder's synthesis.

The last is there to measure the colour of the base picture against the original and to store what corrects it.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from functools import partial
from typing import TYPE_CHECKING, Final

import numpy as np
from numpy.typing import NDArray

from hybridcodec.base.coder import FINEST, BasePayload, Rate
from hybridcodec.base.colour import padded_rgb
from hybridcodec.base.drawing import correct
from hybridcodec.base.geometry import LatentGrid, Slices
from hybridcodec.base.mosaic import Mosaic
from hybridcodec.base.square import with_torch
from hybridcodec.base.variable.decoder import WINDOW, Common, for_each_tile, generator_of, tell
from hybridcodec.base.variable.latents import Latents, code_latents, encode_tile
from hybridcodec.base.variable.model import VariableModel
from hybridcodec.base.variable.rate import TAIL_BYTES, Tape, forecast, search
from hybridcodec.base.variable.schema import LATENT_LIMIT, LATENTS, QUALITIES
from hybridcodec.machine.host import thread_limit
from hybridcodec.machine.threads import Progress, part, sharing
from hybridcodec.modes import Effort

if TYPE_CHECKING:
    from hybridcodec.base.variable.analysis import Analysis
    from hybridcodec.base.variable.refine import Refinement

KEPT: Final = 1 << 22
"""Pixels of a picture of which all symbols are kept until it is coded: about ten bytes a pixel."""
SHRINK: Final = 0.95
"""About what refining leaves of a picture's bytes at the same quality."""
TRIES: Final = 2
"""Of refining for a size, where a picture shrinks otherwise."""
NEAR: Final = 0.01
"""Relative distance from a size that needs no second try."""
MOST: Final = 0.05
"""Share of a tile's bits that is spent or saved at most to meet a size."""

U8 = NDArray[np.uint8]


def encode_base(
    samples: U8, model: VariableModel, analysis: Analysis, grid: LatentGrid, rate: Rate,
    *, window: int = WINDOW, progress: Progress = None,
) -> tuple[BasePayload, U8]:  # fmt: skip
    """Encode uint8 samples (H, W, C), C being 1 or 3.

    Returns:
        The payloads, and the base picture that `decode_base` will make of them, uint8 (H, W, C).
    """
    picture = np.empty(samples.shape, np.uint8)
    with sharing(thread_limit()):
        coded, mosaic = code_base(samples, model, analysis, grid, rate, window=window, progress=part(progress, 0, 0.95))
        draw = partial(mosaic.synthesise, generator_of(model, window), samples.shape[2])
        correction, windows = correct(samples, draw)
        for pixels, shown in windows:
            picture[pixels] = shown
    tell(progress, 1.0)
    return BasePayload(Common(coded.quality, correction).packed(), coded.payloads), picture


def code_base(
    samples: U8, model: VariableModel, analysis: Analysis, grid: LatentGrid, rate: Rate,
    *, window: int = WINDOW, progress: Progress = None,
) -> tuple[Coded, Mosaic]:  # fmt: skip
    """Return all tiles of uint8 samples (H, W, C) at the rate that is asked for, and the latents that they hold."""
    work = _Work(samples, model, analysis, grid, window)
    tell(progress, 0.1)
    wanted = work.wanted(rate, samples.shape[2])
    coded = work.within(rate, wanted)
    if rate.effort is Effort.BEST:
        coded = work.better(samples, rate, wanted, part(progress, 0.1, 1.0)) or work.coded(coded.quality)
    return coded, work.mosaic


@dataclass(frozen=True)
class Kept:
    """What was recorded of all tiles at a quality."""

    quality: int
    tapes: tuple[Tape, ...]


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
    """A picture's y at gain 1, what it takes at a quality, and what it decodes to at the quality tried last."""

    def __init__(self, samples: U8, model: VariableModel, analysis: Analysis, grid: LatentGrid, window: int) -> None:
        self.y, self.mosaic = analysis.latents(samples, window), Mosaic(grid, LATENTS, LATENT_LIMIT)
        self._model, self._analysis, self._grid = model, analysis, grid
        self._keeps, self._kept = samples.shape[0] * samples.shape[1] <= KEPT, Kept(-1, ())

    def latents(self, area: Slices, quality: int, threads: int = 1) -> Latents:
        """Return what a quality makes of a tile."""
        return self._analysis.at(self.y[area], self._model.gains(quality), threads)

    @staticmethod
    def wanted(rate: Rate, channels: int) -> int | None:
        """Return the bytes that all tiles should take; None where a quality is asked for."""
        common = len(Common(0, np.zeros(channels, np.int32)).packed())
        return None if rate.size is None else max(rate.size - common, 1)

    def quality_for(self, rate: Rate, wanted: float | None) -> int:
        """Return the quality that is asked for, or for which all tiles take about as many bytes as are wanted."""
        if wanted is None:
            return round(rate.quality / FINEST * (QUALITIES - 1))
        return search(self.size, wanted, forecast(self.y, self._model))

    def within(self, rate: Rate, wanted: int | None) -> Coded:
        """Code all tiles at the quality that is asked for; no more bytes than may be, for prices are estimates."""
        coded = self.coded(self.quality_for(rate, wanted))
        while wanted and rate.at_most and coded.quality > 0 and coded.size > wanted:
            coded = self.coded(coded.quality - 1)
        return coded

    def size(self, quality: int) -> float:
        """Return bytes of all tiles, about."""
        tapes = tuple(for_each_tile(partial(self._record, quality, keep=self._keeps), self._grid))
        self._kept = Kept(quality, tapes if self._keeps else ())
        return sum(tape.size for tape in tapes)

    def coded(self, quality: int) -> Coded:
        """Code all tiles at a quality; the mosaic has what they decode to."""
        if self._kept.quality == quality and self._kept.tapes:
            return Coded(quality, tuple(tape.written() for tape in self._kept.tapes))
        self._kept = Kept(quality, ())

        def code(number: int, threads: int) -> bytes:
            return self._record(quality, number, threads).written()

        return Coded(quality, tuple(for_each_tile(code, self._grid)))

    def _record(self, quality: int, number: int, threads: int, *, keep: bool = True) -> Tape:
        area, tape = self._grid.tiles[number], Tape(keep=keep)
        latents, gains = self.latents(area, quality, threads), self._model.gains(quality)
        self.mosaic.put(area, code_latents(tape, self._model, gains, latents.y.shape[:2], latents, threads))
        return tape

    def better(self, samples: U8, rate: Rate, wanted: int | None, progress: Progress) -> Coded | None:
        """As `coded`, refined; None where more bytes came of it than there may be."""
        padded, shrink, found = padded_rgb(samples), SHRINK, None
        for number in range(TRIES):
            quality = self.quality_for(rate, wanted and wanted / shrink)
            share = part(progress, number / TRIES, (number + 1) / TRIES)
            found = self._refined(padded, self.coded(quality), wanted, share)
            off = found.size / wanted - 1 if wanted else 0.0
            if abs(off) <= NEAR or (quality == 0 and off > 0) or (quality == QUALITIES - 1 and off < 0):
                break
            shrink *= (1 + off) / (1 + math.copysign(MOST, -off))
        assert found is not None, "there is a first try"
        return None if wanted and rate.at_most and found.size > wanted else found

    def _refined(self, padded: U8, plain: Coded, wanted: int | None, progress: Progress) -> Coded:
        refine = with_torch(_refinement, "an effort of best for previews")
        refinement, made = refine(padded, self._grid, self._model, plain.quality), []
        self._kept = Kept(-1, ())  # the mosaic becomes another
        for area, payload in zip(self._grid.tiles, plain.payloads, strict=True):
            share = None if wanted is None else wanted * len(payload) / plain.size - TAIL_BYTES
            found = refinement.tile(area, self.latents(area, plain.quality), self.mosaic.latents, share, MOST)
            payload, latents = encode_tile(found, self._model, self._model.gains(plain.quality))
            self.mosaic.put(area, latents)
            made.append(payload)
            tell(progress, len(made) / len(plain.payloads))
        return Coded(plain.quality, tuple(made))


def _refinement() -> type[Refinement]:
    from hybridcodec.base.variable.refine import Refinement

    return Refinement

"""A search for better symbols of a tile's latents, by the encoder alone: fewer bits, or more likeness in as many.

Latents that an analysis network gives are good on average, not best for this picture (Campos et al. 2019). Each symbol
may move by one. Whether that pays is told by the bits of both symbols, which are known, and by the gradient of all
else at the place before and after the move, whose mean holds for any curvature that is even; many moves are tried at a
time. The passes follow each other as they are coded: later ones are rounded anew around what earlier ones became.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Any, Final

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from hybridcodec.base.floats import one_thread
from hybridcodec.base.geometry import LatentGrid, Slices, Window, scaled
from hybridcodec.base.similarity import ms_ssim_loss
from hybridcodec.base.units import STRIDE
from hybridcodec.base.variable.latents import Latents, code_latents, first_parameters
from hybridcodec.base.variable.model import VariableModel
from hybridcodec.base.variable.rate import Tape
from hybridcodec.base.variable.schema import GAIN_BITS, LOWEST, PER_UNIT, STEPS
from hybridcodec.base.variable.twin import Coded, Twin, gaussian_bits, places

REACH: Final = 4
"""Latents around a tile whose pixels are looked at too."""
ROUNDS: Final = 6
"""Of moves, for each pass."""
SHARE: Final = 0.3
"""Of the moves that promise something, tried at a time."""
SIMILAR: Final = 128
"""Pixels of the smaller side from which MS-SSIM can be told."""
SQUARED_ERROR: Final = 0.0012
"""Bits per pixel that a squared step is worth at gain 1, as in training."""
SIMILARITY: Final = 1200.0
"""Squared steps that 1 - MS-SSIM is worth, as in training."""
GAINS: Final = math.log(0.55), math.log(4.4)
"""Logarithms of the nominal gains at t = 0 and t = 1, as in training."""

F32 = NDArray[np.float32]
I16 = NDArray[np.int16]
I64 = NDArray[np.int64]
U8 = NDArray[np.uint8]


def worth(quality: int) -> float:
    """Return the bits per pixel that a squared step is worth at a quality."""
    t = LOWEST + quality / PER_UNIT
    return SQUARED_ERROR * math.exp(2 * (GAINS[0] + (GAINS[1] - GAINS[0]) * t))


class Refinement:
    """The search in one picture at one quality."""

    def __init__(self, samples: U8, grid: LatentGrid, model: VariableModel, quality: int) -> None:
        """Prepare for RGB samples, both sides padded to multiples of 16."""
        self._samples, self._grid, self._model = samples, grid, model
        self._gains, self._worth, self._twin = model.gains(quality), worth(quality), Twin(model)

    def tile(self, area: Slices, latents: Latents, around: I16, wanted: float | None, most: float = 0.0) -> Latents:
        """Return better latents of a tile.

        Args:
            area: its rows and columns.
            latents: as the analysis gives them.
            around: latents of the picture at gain 1, (LATENTS, rows, columns).
            wanted: bytes that the tile should take, about; None for what is best.
            most: share of its bits that is spent or saved at most to meet that.
        """
        h, w, _ = latents.y.shape
        with one_thread():  # one thread: the same file whatever the machine has to spare
            first = first_parameters(_known, self._model, self._gains, (h, w), latents.z)
            unit = STEPS / (1 << GAIN_BITS) * self._gains.inverse
            scene = _Scene(self._samples, self._grid, area, around, torch.from_numpy(unit.astype(np.float32)))
            search = _Search(self._twin, scene, _tensor(first), self._worth)
            y = search.best(_tensor(latents.y))
            if wanted is not None:
                bits = self._bits(_array(y), latents.z)
                y = search.balanced(y, min(max(8 * wanted - bits, -most * bits), most * bits))
        return Latents(_array(y), latents.z)

    def _bits(self, y: F32, z: I64) -> float:
        tape = Tape()
        code_latents(tape, self._model, self._gains, y.shape[:2], Latents(y, z))
        return tape.bits


class _Scene:
    """The pixels that a tile is judged by, and the latents around it, which stay."""

    def __init__(self, samples: U8, grid: LatentGrid, area: Slices, around: I16, unit: Tensor) -> None:
        rows, columns = (
            slice(max(side.start - REACH, 0), min(side.stop + REACH, end))
            for side, end in zip(area, (grid.rows, grid.columns), strict=True)
        )
        inner = Window(area, (rows, columns)).inner_in_outer
        self._latents = torch.from_numpy(around[:, rows, columns].astype(np.float32))[None]
        self._inside = (slice(None), slice(None), *inner)
        down, across = scaled((rows, columns), STRIDE)
        seen = samples[down, across][: grid.height - down.start, : grid.width - across.start]
        self._original = torch.from_numpy(np.ascontiguousarray(seen.transpose(2, 0, 1)))[None].float()
        self.unit = unit[None, :, None, None]
        """Of y in quantisation steps, in units of latents at gain 1."""

    def unlikeness(self, twin: Twin, y_hat: Tensor) -> Tensor:
        """Return squared steps of all pixels together, of which unlike structure is worth some."""
        latents = self._latents.clone()
        latents[self._inside] = y_hat * self.unit
        h, w = self._original.shape[2:]
        shown = twin.draw(latents)[..., :h, :w].contiguous()
        found = (shown - self._original).square().mean()
        if min(h, w) >= SIMILAR:
            found = found + SIMILARITY * ms_ssim_loss(shown, self._original)
        return found * h * w


@dataclass(frozen=True)
class _Point:
    """What latents are coded as, and the gradient, in bits, of all but a symbol's own bits where y_hat would move."""

    coded: Coded
    gradient: Tensor


class _Search:
    """The search in one tile."""

    def __init__(self, twin: Twin, scene: _Scene, first: Tensor, worth: float) -> None:
        self._twin, self._scene, self._first, self._worth = twin, scene, first, worth
        self._curvature = 2 * worth / 3 * twin.energy()[None, :, None, None] * scene.unit**2
        """Of the cost by each latent: at first that of the linear path, then at least what a move has shown."""

    def best(self, y: Tensor) -> Tensor:
        """Return the best latents y_hat that were found, in quantisation steps, from real ones."""
        chance = torch.Generator().manual_seed(0)
        point = self._look(y)
        for place in places(*y.shape[2:]):
            for _ in range(ROUNDS):
                y = torch.where(place, point.coded.y_hat, y)
                step, bits, promise = self._moves(point)
                tried = (promise < 0) & place & (torch.rand(y.shape, generator=chance) < SHARE)
                other = self._look(y + tried * step)
                paid = (point.gradient + other.gradient) / 2 * step + bits < 0
                shown = (other.gradient - point.gradient) * step
                self._curvature = torch.where(tried, shown.maximum(self._curvature), self._curvature)
                y = y + (tried & paid) * step
                point = self._look(y)
            y = torch.where(place, point.coded.y_hat, y)
        return point.coded.y_hat

    def balanced(self, y: Tensor, spare: float) -> Tensor:
        """Return latents that take about `spare` bits more, or fewer, by moves of the last pass that cost least."""
        point = self._look(y)
        up, down = (self._own_bits(point.coded, step) for step in (1, -1))
        fewer = spare < 0
        step = torch.where(up < down, 1.0, -1.0) if fewer else -point.gradient.sign()
        bits = torch.where(step > 0, up, down)
        cost = point.gradient * step + self._curvature / 2
        useful = places(*y.shape[2:])[-1] & ((bits < 0) if fewer else (bits > 0) & (cost < 0))
        order = torch.where(useful, cost / bits.abs(), torch.inf).flatten().argsort()[: int(useful.sum())]
        enough = bits.flatten()[order].cumsum(0).abs() <= abs(spare)
        moved = torch.zeros(y.numel()).index_fill(0, order[enough], 1.0).reshape(y.shape)
        return y + moved * step

    def _look(self, y: Tensor) -> _Point:
        moved = torch.zeros_like(y, requires_grad=True)
        coded = self._twin.code(y, self._first, moved)
        cost = coded.bits + self._worth * self._scene.unlikeness(self._twin, coded.y_hat)
        (gradient,) = torch.autograd.grad(cost, moved)
        return _Point(Coded(coded.symbols, coded.scales, coded.y_hat.detach(), coded.bits.detach()), gradient)

    def _moves(self, point: _Point) -> tuple[Tensor, Tensor, Tensor]:
        """Return the better move of each symbol, its own bits, and the cost of all that is expected of it."""
        up, down = (self._own_bits(point.coded, step) for step in (1, -1))
        upward = point.gradient + up < down - point.gradient
        step, bits = torch.where(upward, 1.0, -1.0), torch.where(upward, up, down)
        return step, bits, point.gradient * step + bits + self._curvature / 2

    @staticmethod
    def _own_bits(coded: Coded, step: int) -> Tensor:
        return gaussian_bits(coded.symbols + step, coded.scales) - gaussian_bits(coded.symbols, coded.scales)


def _known(_: object, __: object, values: I64 | None) -> I64:
    assert values is not None, "the encoder knows what it codes"
    return values


def _tensor(values: NDArray[Any]) -> Tensor:
    """(h, w, C) as (1, C, h, w)."""
    return torch.from_numpy(np.ascontiguousarray(values.transpose(2, 0, 1), np.float32))[None]


def _array(values: Tensor) -> F32:
    """(1, C, h, w) as (h, w, C)."""
    found: F32 = np.ascontiguousarray(values[0].numpy().transpose(1, 2, 0))
    return found

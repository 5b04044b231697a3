"""A chain of integer layers with residual blocks, and the range of every value that passes through it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from enum import IntEnum
from functools import cached_property
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from hybridcodec.errors import ModelError
from hybridcodec.integer.finish import Finish, finish
from hybridcodec.integer.halves import Halves, halves_fit
from hybridcodec.integer.layers import Activation, Convolution, Floats, PixelShuffle
from hybridcodec.integer.proof import Integers
from hybridcodec.integer.words import LARGEST, Plane, Words, fits
from hybridcodec.machine.blas import one_thread
from hybridcodec.machine.threads import Share, sharing

F32 = NDArray[np.float32]
BLOCK_BYTES: Final = 1 << 20
"""Neighbourhoods that are multiplied at a time: what a core's cache holds."""
NOTHING: Final = np.empty((0, 0, 0), np.float32)


class Block(IntEnum):
    """Place of a stage in a residual block: its input is kept at ENTER and added at LEAVE."""

    NONE = 0
    ENTER = 1
    LEAVE = 2


@dataclass(frozen=True)
class Stage:
    """One convolution, its upsampling, the value added to it, and its activation."""

    convolution: Convolution
    shuffle: PixelShuffle
    activation: Activation
    block: Block = Block.NONE

    @cached_property
    def words(self) -> Words | Halves:
        """The stage in 16-bit integers, where it `fits`, or its halves do."""
        made = Words if fits(self.convolution) else Halves
        return made.of(self.convolution, self.shuffle, self.activation)

    @cached_property
    def _folded(self) -> tuple[Floats, Floats]:
        """Weights and bias of the convolution, in the order of the shuffle."""
        order = self.shuffle.order(len(self.convolution.weight))
        return np.ascontiguousarray(self.convolution.folded_weight[:, order]), self.convolution.folded_bias[order]

    def __call__(self, x: F32, entered: F32, border: int, share: Share) -> F32:
        """Return what leaves: integers (h * r + 2 border, w * r + 2 border, out), zeros in the border.

        Args:
            x: integers (h + 2 border, w + 2 border, in), zeros in the border.
            entered: what is added, of the shape of the result, or `NOTHING`.
            border: at least that of the convolution.
            share: divides rows among threads.
        """
        neighbourhoods = self.convolution.neighbourhoods(inside(x, border - self.convolution.border))  # (h, w, k, k in)
        h, w = neighbourhoods.shape[:2]
        channels = len(self.convolution.weight) // self.shuffle.upscale**2
        out = bordered(h * self.shuffle.upscale, w * self.shuffle.upscale, channels, border)
        share(lambda rows: self._run(neighbourhoods, rows, entered, out, border), h)
        return out

    def _run(self, neighbourhoods: Floats, rows: slice, entered: F32, out: F32, border: int) -> None:
        """Compute a band of rows block by block, so that all that is done to a block finds it in the core's cache."""
        weight, bias = self._folded
        _, w, kernel, reach = neighbourhoods.shape
        height = min(rows.stop - rows.start, max(1, BLOCK_BYTES // (w * kernel * reach * bias.dtype.itemsize)))
        columns = np.empty((height, w, kernel, reach), bias.dtype)
        products = np.empty((height, w, len(bias)), bias.dtype)
        how = Finish(self.activation.low, self.activation.high, self.shuffle.upscale, border)
        for top in range(rows.start, rows.stop, height):
            n = min(height, rows.stop - top)
            np.copyto(columns[:n], neighbourhoods[top : top + n])
            flat = columns[:n].reshape(n * w, -1)  # (n * w, k * k * in)
            np.matmul(flat, weight, out=products[:n].reshape(n * w, -1))
            finish(products[:n], bias, entered, how, top, out)


@dataclass(frozen=True)
class Network:
    """Stages in order. Construction proves that each stage's input range is the one its own proof assumed."""

    name: str
    stages: Sequence[Stage]
    inputs: Activation
    """The range that inputs are clipped to."""
    bound: int = field(init=False)
    """Largest accumulator bound of all stages."""
    small: bool = field(init=False)
    """Whether all that passes fits in 16 bits, and all sums in 32, of bytes of weights at least."""

    def __post_init__(self) -> None:
        arriving, entered, small = self.inputs.magnitude, 0, True
        for stage in self.stages:
            convolution = stage.convolution
            if convolution.max_input < arriving:
                raise ModelError(f"{convolution.name}: inputs reach {arriving}, proven is {convolution.max_input}")
            small = small and arriving <= LARGEST and (fits(convolution) or halves_fit(convolution))
            entered = arriving if stage.block is Block.ENTER else entered
            if stage.block is Block.LEAVE and convolution.reach + entered >= 1 << 24:
                raise ModelError(f"{convolution.name}: sum with the residual path may reach 2^24")
            arriving = stage.activation.magnitude
        object.__setattr__(self, "bound", max(s.convolution.bound for s in self.stages))
        object.__setattr__(self, "small", small)

    def __call__(self, x: NDArray[Any], threads: int = 1) -> Integers:
        """Map integers (h, w, in), which are clipped to `inputs`, to integers (h', w', out), on so many threads.

        What comes is int16 where the last activation fits in that, else int32.
        """
        with sharing(threads) as share:
            return self._in_words(x, share) if self.small else self._in_floats(x, share)

    def _in_words(self, x: NDArray[Any], share: Share) -> Integers:
        h, w, channels = x.shape
        plane = entered = Plane.around(h, w, channels, self._border)
        np.clip(x, self.inputs.low, self.inputs.high, out=plane.inside, casting="unsafe")
        for stage in self.stages:
            if stage.block is Block.ENTER:
                entered = plane
            added = entered if stage.block is Block.LEAVE else None
            plane = stage.words(plane, added, share, last=stage is self.stages[-1])
        return plane.inside

    def _in_floats(self, x: NDArray[Any], share: Share) -> Integers:
        (h, w, channels), border = x.shape, self._border
        plane = entered = bordered(h, w, channels, border)
        inside(plane, border)[...] = x.clip(self.inputs.low, self.inputs.high)
        with one_thread():
            for stage in self.stages:
                if stage.block is Block.ENTER:
                    entered = plane
                plane = stage(plane, entered if stage.block is Block.LEAVE else NOTHING, border, share)
        small = self.stages[-1].activation.magnitude <= LARGEST
        return inside(plane, border).astype(np.int16 if small else np.int32)

    @property
    def _border(self) -> int:
        return max(stage.convolution.border for stage in self.stages)


def bordered(height: int, width: int, channels: int, border: int) -> F32:
    """Return zeros (height + 2 border, width + 2 border, channels)."""
    return np.zeros((height + 2 * border, width + 2 * border, channels), np.float32)


def inside(plane: F32, border: int) -> F32:
    """Return a view of what lies within the border."""
    return plane[border : len(plane) - border, border : plane.shape[1] - border]

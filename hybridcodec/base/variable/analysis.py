"""The half that only the encoder runs, in 16-bit integers too: what it finds is the same on every machine."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from hybridcodec.base.chains import Chain, check_arrays
from hybridcodec.base.colour import padded_rgb
from hybridcodec.base.geometry import Window, pieces
from hybridcodec.base.units import MID_GRAY, PIXELS_PER_UNIT, SHARED, STRIDE
from hybridcodec.base.variable.latents import Latents
from hybridcodec.base.variable.model import Gains
from hybridcodec.base.variable.schema import (
    ANALYSIS_MARGIN,
    FINER,
    FLOAT,
    GAIN_BITS,
    HYPER_STEPS,
    LATENT_STEPS,
    LATENTS,
    STEPS,
    analysis_shapes,
)
from hybridcodec.errors import ModelError
from hybridcodec.integer import Block
from hybridcodec.integer.scaled import Filters, Scaled, room
from hybridcodec.integer.words import LARGEST, Plane
from hybridcodec.machine import tiles
from hybridcodec.machine.heap import return_large_blocks
from hybridcodec.machine.host import thread_limit
from hybridcodec.machine.threads import Share, sharing

Arrays = Mapping[str, NDArray[Any]]
F32 = NDArray[np.float32]
Stages = tuple[tuple[Scaled, Block], ...]
Watch = Callable[[int, Plane], None]
"""Gets the number of a stage of `g_a`, and what leaves it for a window."""
U8 = NDArray[np.uint8]
HYPER_SCALE: Final = 4.0
"""`h_a` reads y divided by this."""
ANALYSIS_STEPS: Final = 512
"""What passes from layer to layer in `g_a` is in units of 1 / ANALYSIS_STEPS: up to 50, where 15 was met at most."""
HYPER_ANALYSIS_STEPS: Final = 64
"""The same of `h_a`, whose inputs grow with the quality."""
LEAST_REACH: Final = 1 << 13
"""What must pass from layer to layer, in units, whatever the weights."""


@dataclass(frozen=True)
class _Reading:
    """How a network is computed: it reads `square`s of a plane whose units are `inputs`, up to `reach` in magnitude."""

    square: int
    inputs: int
    steps: int
    reach: int


_READINGS: Final = {
    "g_a": _Reading(FINER, PIXELS_PER_UNIT, ANALYSIS_STEPS, MID_GRAY),
    "lin_a": _Reading(STRIDE, PIXELS_PER_UNIT, ANALYSIS_STEPS, MID_GRAY),
    "h_a": _Reading(1, HYPER_ANALYSIS_STEPS, HYPER_ANALYSIS_STEPS, LARGEST),
}


@dataclass(frozen=True)
class Analysis:
    """The analysis networks, ready to use: the stages of each."""

    g_a: Stages
    lin_a: Stages
    h_a: Stages

    @classmethod
    def from_tensors(cls, tensors: Arrays) -> Analysis:
        """Build from the arrays of an analysis file.

        Raises:
            ModelError: an array is missing, unknown, of another type or shape, or not finite, or a sum too large.
        """
        check_arrays(tensors, analysis_shapes(_inside_of_blocks(tensors)))
        if not all(np.isfinite(array).all() for array in tensors.values()):
            raise ModelError("analysis file: a parameter is not finite")
        return cls(**{name: _stages(name, chain, tensors, _READINGS[name]) for name, chain in FLOAT.items()})

    def latents(self, samples: U8, window: int, watch: Watch | None = None) -> F32:
        """Return y at gain 1 (H / 16, W / 16, rounded up, LATENTS) of samples (H, W, C), C being 1 or 3.

        Args:
            samples: uint8; beyond its sides the edge is repeated.
            window: edge of the windows in latents: bounds memory, never changes a latent.
            watch: for who wants to know what happens within.
        """
        rows, columns = -(-samples.shape[0] // STRIDE), -(-samples.shape[1] // STRIDE)
        y = np.empty((rows, columns, LATENTS), np.float32)
        if max(rows, columns) > 2 * window:
            return_large_blocks()
        for area in pieces(rows, columns, window, ANALYSIS_MARGIN):
            down, across = area.outer
            read = (down.stop - down.start) * (across.stop - across.start)
            with sharing(thread_limit() if read >= SHARED else 1) as share:
                y[area.inner] = self._analyse(samples, area, share, watch)
        return y

    def _analyse(self, samples: U8, area: Window, share: Share, watch: Watch | None) -> F32:
        pixels = padded_rgb(samples[area.outer_pixels(STRIDE)])
        H, W, channels = pixels.shape
        picture = room(H, W, channels, FINER, tiles.PIXELS * STRIDE)
        np.subtract(pixels, MID_GRAY, out=picture.inside, dtype=np.int16)
        drawn, straight = _run(self.g_a, picture, share, watch), _run(self.lin_a, picture, share)
        found: F32 = drawn[area.inner_in_outer] + straight[area.inner_in_outer]
        return found

    def at(self, y: F32, gains: Gains, threads: int = 1) -> Latents:
        """Return what a quality makes of a tile's y at gain 1 (h, w, LATENTS)."""
        gain = (1 << GAIN_BITS) * (LATENT_STEPS / STEPS) / gains.inverse
        hyper_gain = (1 << GAIN_BITS) * HYPER_STEPS / gains.hyper_inverse
        scaled = y * gain.astype(np.float32)
        plane = room(y.shape[0], y.shape[1], LATENTS, 1)
        seen = np.rint(scaled * np.float32(HYPER_ANALYSIS_STEPS / HYPER_SCALE))
        np.clip(seen, -LARGEST, LARGEST, out=plane.inside, casting="unsafe")
        with sharing(threads) as share:
            z = _run(self.h_a, plane, share)
        return Latents(scaled, np.rint(z * hyper_gain.astype(np.float32)).astype(np.int64))


def _inside_of_blocks(tensors: Arrays) -> dict[str, int]:
    """Return how many units residual blocks have inside: as their chain says, or an even number less."""
    found = {}
    for network, chain in FLOAT.items():
        for layer in chain:
            weight = tensors.get(f"{network}.{layer.name}.weight")
            if layer.block is Block.ENTER and weight is not None and weight.ndim and 0 < len(weight) < layer.outputs:
                found[f"{network}.{layer.name}"] = -(-len(weight) // 2) * 2
    return found


def _stages(name: str, chain: Chain, tensors: Arrays, reading: _Reading) -> Stages:
    filters, square = [], reading.square
    for layer in chain:
        weight, unit, bias = (tensors[f"{name}.{layer.name}.{part}"] for part in ("weight", "unit", "bias"))
        filters.append(Filters(weight, unit, bias, layer.stride, square))
        square = 1
    passing = min([LARGEST, *(each.most_input for each in filters[1:])])
    if passing < LEAST_REACH:
        raise ModelError(f"{name}: weights let {passing} pass from layer to layer, expected {LEAST_REACH} or more")
    made, arriving, reach = [], reading.inputs, reading.reach
    for layer, each in zip(chain, filters, strict=True):
        leaving = 1 if layer is chain[-1] else reading.steps
        limits = (0 if layer.relu else -passing, passing)
        made.append((Scaled.of(f"{name}.{layer.name}", each, (arriving, leaving), limits, reach), layer.block))
        arriving, reach = leaving, passing
    return tuple(made)


def _run(stages: Stages, x: Plane, share: Share, watch: Watch | None = None) -> F32:
    """Return what leaves the last stage, reals (h, w, out)."""
    plane = entered = x
    for number, (stage, block) in enumerate(stages):
        entered = plane if block is Block.ENTER else entered
        h, w = (-(-side // stage.step) for side in (plane.height, plane.width))
        last = stage is stages[-1][0]
        out = Plane.bare(h, w, stage.outputs, np.float32) if last else room(h, w, stage.outputs, 1)
        plane = stage(plane, entered if block is Block.LEAVE else None, share, out)
        if watch is not None:
            watch(number, plane)
    found: F32 = plane.values
    return found

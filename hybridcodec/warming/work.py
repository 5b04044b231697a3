"""Every coder is run once, on next to nothing, so that what it is compiled to lies in the cache for all that follows.

The preview of `preview.hyc` (16x16 pixels, with a display picture) is decoded before anything is encoded.
"""

import os
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from hybridcodec import codec
from hybridcodec.arguments import Progress
from hybridcodec.loading import load_residual
from hybridcodec.machine.kernels import kernel_uses
from hybridcodec.models import models_of
from hybridcodec.modes import Layer, Mode
from hybridcodec.residual import Ground, Quantiser, TileCoder
from hybridcodec.residual.coders import CODERS
from hybridcodec.tiling import Tiling

PREVIEW: Final = Path(__file__).with_name("preview.hyc")
SIDE: Final = 8

Array = NDArray[Any]
Work = Callable[[], None]


@dataclass(frozen=True)
class Warmed:
    """What came of it.

    Attributes:
        seconds: that it took.
        compiled: kernels that were compiled and kept.
        there: kernels that lay in the cache already.
        folder: below which they are kept; empty where there is no place.
    """

    seconds: float
    compiled: int
    there: int
    folder: str


def warm(progress: Progress = None) -> Warmed:
    """Run every coder once, both ways; raises what a damaged installation raises, such as ModelError."""
    start, works = time.perf_counter(), list(_works())
    for number, work in enumerate(works):
        work()
        if progress is not None:
            progress((number + 1) / (len(works) + 1))
    _encode()
    uses = kernel_uses()
    folder = os.path.commonpath(uses.folders) if uses.folders else ""
    return Warmed(time.perf_counter() - start, uses.compiled, uses.kept, folder)


def _works() -> Iterator[Work]:
    yield _show
    for coder in CODERS:
        digests = models_of(coder.architecture) if coder.architecture else (None,)
        for digest in digests:
            for samples, quantiser in _pictures(coder):
                for matching in (False, True):
                    yield _Coding(coder, digest, samples, quantiser, matching=matching)


def _show() -> None:
    data = PREVIEW.read_bytes()
    for layer in (Layer.PERCEPTUAL, Layer.BASE):
        codec.decode(data, layer=layer)


def _pictures(coder: TileCoder) -> Iterator[tuple[Array, Quantiser]]:
    """Yield pictures that a coder takes: bilevel, gray, colour and wide ones, with what quantises them."""
    rng = np.random.default_rng(1)
    for channels, top, dtype in ((1, 1, "u1"), (1, 255, "u1"), (3, 255, "u1"), (1, 65535, "u2")):
        quantiser = Quantiser(0, 0, top, dtype)
        if coder.takes(channels, quantiser):
            yield rng.integers(0, top, (SIDE, SIDE, channels), endpoint=True).astype(dtype), quantiser


@dataclass(frozen=True)
class _Coding:
    """A picture by a coder there and back, alone and, where the coder can, by the help of another."""

    coder: TileCoder
    digest: str | None
    samples: Array
    quantiser: Quantiser
    matching: bool

    def __call__(self) -> None:
        channels, areas = self.samples.shape[2], Tiling(SIDE, SIDE, SIDE, SIDE).areas
        model = None if self.digest is None else load_residual(self.digest)
        for reference in (None, self.samples) if self.coder.uses_reference else (None,):
            below = np.full(self.samples.shape, 128, np.uint8) if self.coder.needs_base else None
            ground = Ground(channels, self.quantiser, below, model, reference, self.matching)
            payloads = self.coder.encode(ground, self.samples, areas)
            self.coder.decode(ground, list(zip(areas, payloads, strict=True)), lambda *_: None)


def _encode() -> None:
    """Make a file with each of its layers."""
    samples = np.random.default_rng(1).integers(0, 256, (SIDE, SIDE, 3), np.uint8)
    for mode in (Mode.LOSSLESS, Mode.PERCEPTUAL):
        codec.encode(samples, mode=mode)

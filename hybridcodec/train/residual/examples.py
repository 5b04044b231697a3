"""Examples: pictures as the residual's coder is given them, above their base picture in integers or above mid-gray.

Some are gray, some lie on a near-lossless grid, and some have a preview of another quality than the usual one.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.typing import NDArray

from hybridcodec.base.coder import QUALITY
from hybridcodec.residual.quantiser import Quantiser
from hybridcodec.train.data import Samples
from hybridcodec.train.integer_base import IntegerBase
from hybridcodec.train.mixture import Weighted
from hybridcodec.train.residual.alterations import Chance, gray
from hybridcodec.train.residual.crops import Edges, crop

MID_GRAY: Final = 128
_GRAY: Final = 0.04
_NEAR: Final = 0.12
"""Share on a near-lossless grid, of a largest error up to `_FURTHEST`."""
_FURTHEST: Final = 3
_USUAL: Final = 0.7
"""Share whose preview has the usual quality; that of the others lies within `_QUALITIES`."""
_QUALITIES: Final = 20.0, 40.0


@dataclass(frozen=True)
class Example:
    """A picture, uint8 (H, W, C), C being 1 or 3, with its base picture and the grid of its samples."""

    samples: Samples
    base: Samples
    quantiser: Quantiser = Quantiser()  # noqa: RUF009 - frozen

    @property
    def values(self) -> tuple[NDArray[np.int32], NDArray[np.int32]]:
        """What is coded, and the same of the base picture, (H, W, C)."""
        return self.quantiser.values(self.samples), self.quantiser.values(self.base)


@dataclass(frozen=True)
class Grounds:
    """Base pictures of a model, or mid-gray everywhere where there is none."""

    base: IntegerBase | None

    def under(self, picture: Samples, quality: float = QUALITY) -> Samples:
        """Return the base picture of one, uint8 (H, W, C)."""
        return self.base.drawn(picture, quality) if self.base else np.full_like(picture, MID_GRAY)


class Examples:
    """Any number of examples from crops of pictures, in proportion to weight and area; the same for the same seed."""

    def __init__(self, pictures: Sequence[Weighted], edges: Edges, grounds: Grounds, seed: int) -> None:
        areas = np.array([p.samples.shape[0] * p.samples.shape[1] * p.weight for p in pictures])
        self.pictures, self.edges, self.grounds, self.seed = pictures, edges, grounds, seed
        self.shares = areas / areas.sum()

    def made(self, number: int) -> Example:
        """Return example `number`; whatever its base picture, its samples are the same."""
        rng = np.random.default_rng((self.seed, number))
        chosen = self.pictures[rng.choice(len(self.pictures), p=self.shares)]
        samples = crop(chosen.samples, self.edges, rng)
        samples = gray(samples) if rng.random() < _GRAY else samples
        error = int(rng.integers(1, _FURTHEST + 1)) if rng.random() < _NEAR else 0
        return Example(samples, self.grounds.under(samples, _quality(rng)), Quantiser(error))


def _quality(rng: Chance) -> float:
    return QUALITY if rng.random() < _USUAL else rng.uniform(*_QUALITIES)

"""The values that a near-lossless layer codes in the place of samples: a grid of odd steps, anchored at sample 0."""

from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.typing import NDArray

TOP: Final = 255
"""Largest 8-bit sample."""

U8 = NDArray[np.uint8]
I32 = NDArray[np.int32]


@dataclass(frozen=True)
class Quantiser:
    """How samples are quantised: value k stands for the sample min(k * step, TOP); a bound of 0 changes nothing."""

    max_error: int = 0

    @property
    def step(self) -> int:
        """Distance of neighbouring values, in samples."""
        return 2 * self.max_error + 1

    @property
    def top(self) -> int:
        """Largest value."""
        return (TOP + self.max_error) // self.step

    def values(self, samples: U8) -> I32:
        """The nearest value of each sample."""
        return (samples.astype(np.int32) + self.max_error) // self.step

    def samples(self, values: I32) -> U8:
        """The samples that values stand for; none is further than `max_error` from what `values` was given."""
        return np.minimum(values * self.step, TOP).astype(np.uint8)

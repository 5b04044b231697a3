"""The values that a layer codes in the place of samples: from 0 on, in near-lossless mode a grid of odd steps.

Coders know values alone, 0 to `top`: neither signs nor bits of samples are their business.
"""

from dataclasses import dataclass
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

_ROWS: Final = 64

I32 = NDArray[np.int32]


@dataclass(frozen=True)
class Quantiser:
    """How samples are quantised: value k stands for the sample min(low + k * step, high); a bound of 0 only shifts.

    Attributes:
        max_error: bound of the error of every sample.
        low: least sample.
        high: largest sample.
        dtype: of arrays of samples.
    """

    max_error: int = 0
    low: int = 0
    high: int = 255
    dtype: str = "u1"

    @property
    def step(self) -> int:
        """Distance of neighbouring values, in samples."""
        return 2 * self.max_error + 1

    @property
    def top(self) -> int:
        """Largest value."""
        return (self.high - self.low + self.max_error) // self.step

    def values(self, samples: NDArray[Any]) -> I32:
        """The nearest value of each sample."""
        above = samples.astype(np.int32)
        above += self.max_error - self.low
        return above // self.step if self.max_error else above

    def rounded(self, samples: NDArray[Any]) -> NDArray[Any]:
        """Return samples (H, W, C) as decoding gives them; themselves where the bound is 0."""
        if not self.max_error:
            return samples
        out = np.empty(samples.shape, self.dtype)
        for begin in range(0, len(samples), _ROWS):  # values are four times as large
            rows = slice(begin, begin + _ROWS)
            out[rows] = self.samples(self.values(samples[rows]))
        return out

    def samples(self, values: I32) -> NDArray[Any]:
        """The samples that values stand for; none is further than `max_error` from what `values` was given."""
        if not self.max_error:
            return (values + self.low if self.low else values).astype(self.dtype)
        return np.minimum(values * self.step + self.low, self.high).astype(self.dtype)

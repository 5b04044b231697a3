"""The values that a layer codes in the place of samples: from 0 on, in near-lossless mode a grid of odd steps.

Coders know values alone, 0 to `top`: neither signs nor bits of samples are their business, nor which values occur.
"""

from dataclasses import dataclass, replace
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from hybridcodec.residual.occurring import Counts, Occurring

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
        occurring: the values of the grid that occur; their ranks take the place of values. None where all may.
    """

    max_error: int = 0
    low: int = 0
    high: int = 255
    dtype: str = "u1"
    occurring: Occurring | None = None

    @property
    def step(self) -> int:
        """Distance of neighbouring values, in samples."""
        return 2 * self.max_error + 1

    @property
    def top(self) -> int:
        """Largest value."""
        return self.grid_top if self.occurring is None else self.occurring.highest

    @property
    def grid_top(self) -> int:
        """Largest value of the grid, whether it occurs or not."""
        return (self.high - self.low + self.max_error) // self.step

    def histograms(self, samples: NDArray[Any]) -> Counts:
        """How often each value of the grid occurs in each channel of samples (H, W, C)."""
        counts = np.zeros((samples.shape[2], self.grid_top + 1), np.int64)
        for begin in range(0, len(samples), _ROWS):
            values = replace(self, occurring=None).values(samples[begin : begin + _ROWS])
            for c, of in enumerate(counts):
                of += np.bincount(values[..., c].ravel(), minlength=len(of))
        return counts

    def packed_for(self, samples: NDArray[Any]) -> "Quantiser | None":
        """Return the quantiser of the values alone that occur in samples (H, W, C); None where all do."""
        found = Occurring.counted(self.histograms(samples))
        return None if found.all_do else replace(self, occurring=found)

    def values(self, samples: NDArray[Any]) -> I32:
        """The nearest value of each sample, of an array (..., C) where only some occur."""
        grid = samples.astype(np.int32)
        grid += self.max_error - self.low
        if self.max_error:
            grid //= self.step
        return grid if self.occurring is None else self.occurring.ranks(grid)

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
        """The samples that values stand for; none is further than `max_error` from what `values` was given.

        Raises:
            CorruptFileError: a value that does not occur.
        """
        values = values if self.occurring is None else self.occurring.values(values)
        if not self.max_error:
            return (values + self.low if self.low else values).astype(self.dtype)
        return np.minimum(values * self.step + self.low, self.high).astype(self.dtype)

"""What a generator adds that no picture has: means that return with the period of its pixel shuffles.

The error is averaged over all places that are alike within a period; texture cancels, and a lattice stays. What is left
of texture of deviation s in a picture of N pixels is s * period / sqrt(N).
"""

from typing import Final

import numpy as np

from benchmarks.codecs import U8

PERIODS: Final = (4, 8, 16)


def pattern(ground: U8, shown: U8, period: int) -> float:
    """Return the rms, in steps, of the phase means of `shown - ground`, less the mean of each channel."""
    H, W = (side // period * period for side in ground.shape[:2])
    error = (shown[:H, :W].astype(np.float64) - ground[:H, :W]).reshape(H // period, period, W // period, period, -1)
    means = error.mean((0, 2))  # (period, period, C)
    return float(np.sqrt(np.square(means - means.mean((0, 1))).mean()))


def patterns(ground: U8, shown: U8) -> tuple[float, ...]:
    """Return `pattern` for each of PERIODS."""
    return tuple(pattern(ground, shown, period) for period in PERIODS)

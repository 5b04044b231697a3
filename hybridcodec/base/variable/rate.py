"""Which quality gives a size: latents are priced by their tables, nothing is drawn."""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Final

import numpy as np
from numpy.typing import NDArray

from hybridcodec.base.units import STRIDE
from hybridcodec.base.values import write_values
from hybridcodec.base.variable.model import VariableModel
from hybridcodec.base.variable.schema import GAIN_BITS, KNOT, KNOTS, LATENT_STEPS, LATENTS, QUALITIES, STEPS
from hybridcodec.entropy import PRECISION, RangeEncoder
from hybridcodec.machine.kernels import kernel

F32 = NDArray[np.float32]
F64 = NDArray[np.float64]
I32 = NDArray[np.int32]
I64 = NDArray[np.int64]
TAIL_BYTES: Final = 3
"""What a stream takes beyond its symbols' bits, on average."""
TRIES: Final = 10
CLOSE: Final = 0.003
"""Relative distance at which a search ends."""
SAMPLED: Final = 128
"""Places of which a forecast is made, about."""
LIKE, FINENESS, POWER, ABOUT = 0.8, 2.8, 1.04, 0.78
"""Of a forecast, found on photographs: how alike neighbours are, and what makes bits of differences."""
TINY: Final = 1e-6


class Tape:
    """Stands where values are coded: counts bits, and keeps the values until they are written, where it is to."""

    def __init__(self, *, keep: bool = False) -> None:
        """Begin with nothing."""
        self.bits = 0.0
        self._keep = keep
        self._runs: list[tuple[I32, I64, I64]] = []

    def __call__(self, tables: I32, rows: I64, values: I64 | None) -> I64:
        """Count what values take under the rows of tables; see `values.code_values`."""
        assert values is not None, "nothing can be read from a tape"
        self.bits += _bits(PRECISION - np.log2(tables, dtype=np.float64), rows, values)
        if self._keep:
            self._runs.append((tables, rows.copy(), values))
        return values

    @property
    def size(self) -> float:
        """Bytes of the stream, about."""
        return self.bits / 8 + TAIL_BYTES

    def written(self) -> bytes:
        """Return the stream of what was kept."""
        coder = RangeEncoder()
        for tables, rows, values in self._runs:
            write_values(coder, tables, rows, values)
        return coder.finish()


@kernel(nogil=True)
def _bits(costs: F64, rows: I64, values: I64) -> float:
    """Sum what values cost by the rows of a table whose last column is the escape."""
    escape, total = costs.shape[1] - 1, 0.0
    reach = escape // 2
    for i in range(len(rows)):
        magnitude = abs(values[i])
        if magnitude <= reach:
            total += costs[rows[i], values[i] + reach]
            continue
        beyond, length = magnitude - reach - 1, 0  # a natural is twice that, and the sign
        while beyond > 0:
            beyond >>= 1
            length += 1
        total += costs[rows[i], escape] + length // 2 + 2 + length
    return total


def forecast(y: F32, model: VariableModel) -> F64:
    """Return about how many bytes (QUALITIES,) y at gain 1 (rows, columns, LATENTS) takes, as powers of two.

    That is the logarithm of what some latents differ by from those around them, in steps of each quality.
    """
    rows, columns, _ = y.shape
    apart = max(1, math.isqrt(rows * columns // SAMPLED))
    r, c = np.ogrid[:rows:apart, :columns:apart]
    above, below, left, right = (
        y[np.clip(r + down, 0, rows - 1), np.clip(c + across, 0, columns - 1)]
        for down, across in ((-1, 0), (1, 0), (0, -1), (0, 1))
    )
    differences = (y[r, c] - (LIKE / 4) * (above + below + left + right)).reshape(-1, LATENTS)
    inverse = model.gain_tables["inverse"]
    steps = (FINENESS * (1 << GAIN_BITS) * LATENT_STEPS / STEPS) / inverse  # (KNOTS, LATENTS)
    logs = [np.log2(1 + np.square(differences * row)).sum(1).mean() / 2 for row in steps.astype(np.float32)]
    bits = POWER * np.log2(np.maximum(logs, TINY) / STRIDE**2) + ABOUT  # a pixel
    return np.interp(np.arange(QUALITIES), KNOT * np.arange(KNOTS), bits) + math.log2(rows * columns * STRIDE**2 / 8)


def search(size_of: Callable[[int], float], target: float, expected: F64) -> int:
    """Return the quality whose size is nearest to `target`, or the end of the range on its side.

    Args:
        size_of: bytes at a quality 0..QUALITIES - 1; grows with it.
        target: bytes, above 0.
        expected: what that will be, of every quality, about, as powers of two.
    """
    off: dict[int, float] = {}
    ahead = expected - math.log2(target)
    low, high = -1, QUALITIES
    while len(off) < TRIES and high - low > 1:
        quality = low + 1 + int(np.abs(_corrected(ahead, off)[low + 1 : high]).argmin())
        off[quality] = math.log2(size_of(quality) / target)
        if abs(off[quality]) < math.log2(1 + CLOSE):
            break
        low, high = (quality, high) if off[quality] < 0 else (low, quality)
    return min(off, key=lambda q: (abs(off[q]), q))


def _corrected(ahead: F64, off: dict[int, float]) -> F64:
    """Return how far off qualities are by a line through how wrong that is at the two nearest that are known."""
    near = sorted(off, key=lambda q: abs(off[q]))[:2]
    wrong = [off[q] - ahead[q] for q in near]
    slope = (wrong[1] - wrong[0]) / (near[1] - near[0]) if len(near) == 2 else 0.0
    return ahead + wrong[0] + slope * (np.arange(QUALITIES) - near[0]) if near else ahead

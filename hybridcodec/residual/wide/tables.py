"""Tables of the logistic function and of the logarithm: integers by rule, used as float64 multiples of 2^-40.

Both are computed with Python's integers, so that no machine's exp or log has a say; see BITSTREAM.md, "wide".
"""

from functools import cache
from typing import Final

import numpy as np
from numpy.typing import NDArray

REACH: Final = 12
"""The logistic function is tabulated from -REACH to REACH."""
STEPS: Final = 32
"""Entries of it per unit."""
LOG_BITS: Final = 10
"""Bits of the mantissa that choose an entry of the logarithm's table."""
LOG: Final = 2 * REACH * STEPS + 2
"""Where the logarithm's table begins, after that of the logistic function."""
LN2: Final = LOG + (1 << LOG_BITS)
"""Where ln 2 stands."""
UNIT: Final = 1 << 40
"""Entries are multiples of 1 / UNIT."""

_FINE: Final = 1 << 96

F64 = NDArray[np.float64]


@cache
def make() -> F64:
    """Both tables, one after the other; nobody changes them."""
    return np.concatenate([logistic(), logarithm()])


def logistic() -> F64:
    """1 / (1 + exp(-z)) for z = -REACH, -REACH + 1 / STEPS, .. REACH, and the last once more."""
    powers = [_exponential(i) for i in range(REACH * STEPS + 1)]
    upper = [_rounded(power * UNIT, power + _FINE) for power in powers]
    whole = [UNIT - value for value in upper[:0:-1]] + upper
    return np.array([*whole, whole[-1]], np.float64) / UNIT


def logarithm() -> F64:
    """ln((i + 1/2) / 2^LOG_BITS + 1) for i in [0, 2^LOG_BITS), and ln 2 last."""
    size = 1 << (LOG_BITS + 1)
    entries = [_logarithm(size + 2 * i + 1, size) for i in range(size // 2)]
    return np.array([*entries, _logarithm(2, 1)], np.float64) / UNIT


def _rounded(numerator: int, denominator: int) -> int:
    return (2 * numerator + denominator) // (2 * denominator)


def _exponential(steps: int) -> int:
    """exp(steps / STEPS) in units of 1 / _FINE."""
    term, total, k = _FINE, 0, 0
    while term:
        total, k = total + term, k + 1
        term = term * steps // (STEPS * k)
    return total


def _logarithm(numerator: int, denominator: int) -> int:
    """ln(numerator / denominator) in units of 1 / UNIT: twice the series of artanh."""
    x = (numerator - denominator) * _FINE // (numerator + denominator)
    square, power, total, k = x * x // _FINE, x, 0, 1
    while power:
        total, power, k = total + power // k, power * square // _FINE, k + 2
    return _rounded(2 * total * UNIT, _FINE)

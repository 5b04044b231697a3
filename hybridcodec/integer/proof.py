"""The accumulator proof: why a sum of integer products may travel in floating point or in 32 bits.

Every partial sum of w[i] * x[i] + b, in whatever order, is at most sum |w[i]| * max |x| + |b| in magnitude. Where that
is below 2^24 every partial sum is an integer that float32 holds exactly, so neither the order of summation nor fused
multiply-add, instruction set or thread count can change the result; the same holds for float64 below 2^53 and for
int32 below 2^31. The bound is computed from a model's weights when it loads, and a model that breaks it is refused.
"""

from __future__ import annotations

from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from hybridcodec.errors import ModelError

FLOAT32_LIMIT: Final = 1 << 24
FLOAT64_LIMIT: Final = 1 << 53
INT32_LIMIT: Final = 1 << 31

Integers = NDArray[np.integer[Any]]
I64 = NDArray[np.int64]


def largest(values: Integers) -> int:
    """Return the largest magnitude of integers of at most 32 bits, 0 where there are none."""
    return max(int(values.max()), -int(values.min())) if values.size else 0


def summed(weights: Integers) -> I64:
    """Return the sum of the magnitudes of weights (out, ...), integers of at most 32 bits, for each output, (out,)."""
    wide = np.abs(weights.reshape(len(weights), -1), dtype=np.int16 if weights.dtype == np.int8 else np.int64)
    total: I64 = wide.sum(axis=1, dtype=np.int64)
    return total


def accumulator_bounds(weights: Integers, bias: Integers, max_input: int) -> I64:
    """Return the largest magnitude that each accumulator can reach, (out,).

    Args:
        weights: (out, ...) integers of at most 32 bits.
        bias: (out,) integers of at most 32 bits, rounding constants included.
        max_input: largest magnitude of any input, below 2^31.
    """
    if not 0 <= max_input < INT32_LIMIT:
        raise ModelError(f"inputs must stay below 2^31 in magnitude, found {max_input}")
    for array in (weights, bias):
        if array.dtype.kind not in "iu" or largest(array) > INT32_LIMIT:
            raise ModelError(f"weights and biases must be integers of at most 32 bits, found {array.dtype}")
    magnitude = summed(weights)
    if int(magnitude.max(initial=0)) * max_input >= 1 << 62:
        raise ModelError("weights are too many and too large to bound their accumulators in 64 bits")
    bounds: I64 = magnitude * np.int64(max_input) + np.abs(bias.astype(np.int64))
    return bounds


def check_accumulators(weights: Integers, bias: Integers, max_input: int, limit: int, name: str) -> int:
    """Return the largest accumulator bound, proven to be below `limit`.

    Args:
        weights: (out, ...) integers.
        bias: (out,) integers, rounding constants included.
        max_input: largest magnitude of any input.
        limit: `FLOAT32_LIMIT`, `FLOAT64_LIMIT` or `INT32_LIMIT`.
        name: the layer, for the message.

    Raises:
        ModelError: some output could reach `limit`.
    """
    if len(weights) != len(bias) or bias.ndim != 1:
        raise ModelError(f"{name}: expected one bias per output, found {bias.shape} for weights {weights.shape}")
    bounds = accumulator_bounds(weights, bias, max_input)
    worst = int(bounds.max(initial=0))
    if worst >= limit:
        raise ModelError(f"{name}: accumulator {int(bounds.argmax())} may reach {worst}, allowed is less than {limit}")
    return worst

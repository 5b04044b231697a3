"""What is done lane by lane, compiled, bit for bit as NumPy does it."""

from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray

from hybridcodec.machine.kernels import kernel
from hybridcodec.machine.lanewise import (
    LANES,
    double,
    floor,
    lanewise,
    narrow,
    real,
    truth,
    where,
    whole,
    wide,
    within,
)

F32 = NDArray[np.float32]
I32 = NDArray[np.int32]


@lanewise
def integers(x: Any, y: Any, limit: Any) -> Any:
    bits = truth(x > y) + truth(x >= limit) + truth(y < 0) + truth(x <= 7)
    product = narrow(wide(x) * wide(y) >> 9)
    return within(x * 3 - y, -limit, limit), product, (2 << bits) + (x & 255), where(x > y, x << 1, 5 - y) >> 2


@lanewise
def reals(x: Any, a: Any, b: Any, by: Any) -> Any:
    first = real(x) * by + a * b - (1.0 - a)
    quotient = whole(double(x) * 4096.0 / double(x * x + 1))
    return first, 1 / (a * a + np.float32(0.5)), within(floor(first), -b, b), where(a < b, -a, b), quotient


@kernel(nogil=True)
def compiled_integers(begin: int, end: int, x: I32, y: I32, limit: int, out: I32) -> None:
    integers(begin, end, (x, y, limit), (out[0], out[1], out[2], out[3]))


@kernel(nogil=True)
def compiled_reals(begin: int, end: int, x: I32, values: F32, by: np.float32, out: F32, quotient: I32) -> None:
    given = x, values[0], values[1], by
    reals(begin, end, given, (out[0], out[1], out[2], out[3], quotient))


@pytest.mark.parametrize("vectors", [0, 1, 3])
def test_integers_wrap_and_compare_as_those_of_numpy(vectors: int) -> None:
    rng, begin = np.random.default_rng(vectors), 3
    end = begin + vectors * LANES
    x, y = rng.integers(-(1 << 30), 1 << 30, (2, end + 5)).astype(np.int32)
    x[::3], y[::3] = rng.integers(-20, 20, (2, len(x[::3])))
    plain, out = np.zeros((2, 4, len(x)), np.int32)
    integers(begin, end, (x, y, np.int32(1000)), plain)
    compiled_integers(begin, end, x, y, 1000, out)
    assert out.tolist() == plain.tolist()


def test_reals_are_rounded_at_every_operation_as_those_of_numpy() -> None:
    rng, begin, end = np.random.default_rng(4), 3, 3 + 4 * LANES
    x, values = rng.integers(-9000, 9000, end + 5).astype(np.int32), rng.normal(size=(2, end + 5)).astype(np.float32)
    values[1] = np.abs(values[1]) * 100
    values[0, 5:9], by = (np.nan, np.inf, -np.inf, 0.0), np.float32(0.37)
    plain, out = np.zeros((2, 4, len(x)), np.float32)
    quotients = np.zeros((2, len(x)), np.int32)
    reals(begin, end, (x, *values, by), (*plain, quotients[0]))
    compiled_reals(begin, end, x, values, by, out, quotients[1])
    assert out.tobytes() == plain.tobytes()
    assert quotients[0].tolist() == quotients[1].tolist()

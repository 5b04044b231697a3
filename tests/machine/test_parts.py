"""What kernels call becomes a part of them: no code of its own, the same results, whoever calls it first."""

import numpy as np
import pytest
from numba.core import event
from numpy.typing import NDArray

from hybridcodec.machine.kernels import kernel

Values = NDArray[np.float64]


@kernel()
def _square(x: float) -> float:
    return x * x


@kernel()
def _sum_of_squares(values: Values) -> float:
    total = 0.0
    for value in values:
        total += _square(value)
    return total


@kernel()
def _both(values: Values, others: Values) -> float:
    return _sum_of_squares(values) - _square(others[0]) + _sum_of_squares(others)


@kernel()
def _checked(value: int) -> int:
    if value < 0:
        raise ValueError("below zero")
    return value


@kernel()
def _twice(value: int) -> int:
    return 2 * _checked(value)


def test_parts_give_what_their_functions_give() -> None:
    values, others = np.arange(5.0), np.array([3.0, 1.0])
    assert _both(values, others) == _both.py_func(values, others)  # type: ignore[attr-defined]  # a dispatcher


def test_a_part_is_also_called_from_python() -> None:
    assert _sum_of_squares(np.arange(3.0)) == 5.0
    assert _square(7.0) == 49.0


def test_what_is_called_from_two_places_is_translated_once() -> None:
    @kernel()
    def inner(x: float) -> float:
        return x + 1

    @kernel()
    def middle(x: float) -> float:
        return inner(x) + inner(2 * x)

    @kernel()
    def outer(x: float) -> float:
        return middle(x) + inner(x)

    with event.install_recorder("numba:compile") as found:
        assert outer(1.0) == 7.0
    started = [when[1] for when in found.buffer if when[1].is_start]
    names = [each.data["dispatcher"].py_func.__name__ for each in started]
    assert sorted(names) == ["inner", "middle", "outer"]


def test_parts_have_no_code_of_their_own() -> None:
    _both(np.arange(5.0), np.ones(2))
    wrapped = list(_both.inspect_llvm().values())  # type: ignore[attr-defined]
    assert len(wrapped) == 1
    assert wrapped[0].count("define i8* @_ZN7cpython") + wrapped[0].count("define ptr @_ZN7cpython") == 1


def test_an_error_of_a_part_comes_out() -> None:
    assert _twice(4) == 8
    with pytest.raises(ValueError, match="below zero"):
        _twice(-1)

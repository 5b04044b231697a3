from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from hybridcodec.entropy import RangeDecoder, RangeEncoder, code_bits, code_naturals, from_signed, to_signed
from hybridcodec.entropy.coder import EntropyError

LARGEST = 2**62 - 2


def written(values: list[int]) -> bytes:
    encoder = RangeEncoder()
    array = np.array(values, np.int64)
    assert (code_naturals(encoder, array, len(values)) == array).all()
    return encoder.finish()


@settings(max_examples=80, deadline=None)
@given(st.lists(st.integers(0, LARGEST) | st.integers(0, 20), max_size=40))
def test_naturals_of_every_size_come_back(values: list[int]) -> None:
    found = code_naturals(RangeDecoder(written(values)), None, len(values))
    assert found.dtype == np.int64
    assert found.tolist() == values


def test_every_power_of_two_and_its_neighbours_come_back() -> None:
    values = sorted({min(max((1 << k) + d, 0), LARGEST) for k in range(63) for d in (-2, -1, 0, 1)})
    assert values[0] == 0
    assert values[-1] == LARGEST
    assert code_naturals(RangeDecoder(written(values)), None, len(values)).tolist() == values


def test_the_bytes_of_literal_naturals_never_change() -> None:
    assert written([0, 1, 2, 3, 100, 65535, 65536, LARGEST]).hex() == LITERAL


LITERAL = "46875f16d8f9736d1f76f6bbffffffff80ffffff"


def test_small_numbers_cost_few_bits() -> None:
    assert len(written([0] * 1000)) <= 1000 * 2 / 8 + 8
    assert len(written([LARGEST] * 100)) <= 100 * (61 + 16) / 8 + 8


@pytest.mark.parametrize("value", [-1, -(2**63), LARGEST + 1, 2**63 - 1])
def test_numbers_outside_the_range_are_refused(value: int) -> None:
    with pytest.raises(EntropyError):
        code_naturals(RangeEncoder(), np.array([0, value], np.int64), 2)


WRONG: dict[str, Any] = {"none": None, "too few": np.zeros(1, np.int64), "two dimensions": np.zeros((2, 1), np.int64)}


@pytest.mark.parametrize("name", WRONG)
def test_the_encoder_takes_one_number_for_each_place(name: str) -> None:
    with pytest.raises(EntropyError):
        code_naturals(RangeEncoder(), WRONG[name], 2)


def test_no_numbers_are_no_bytes() -> None:
    assert written([]) == b""
    assert code_naturals(RangeDecoder(b""), None, 0).shape == (0,)


@settings(max_examples=60, deadline=None)
@given(st.binary(max_size=80).map(lambda data: data[: len(data) // 4 * 4]))
def test_random_bytes_decode_to_naturals_or_to_our_error(data: bytes) -> None:
    try:
        found = code_naturals(RangeDecoder(data), None, 20)
    except EntropyError:
        return
    assert found.min() >= 0
    assert found.max() <= LARGEST


@settings(max_examples=50, deadline=None)
@given(st.lists(st.integers(0, 62).flatmap(lambda n: st.tuples(st.just(n), st.integers(0, (1 << n) - 1)))))
def test_bits_come_back_and_cost_one_bit_each(pairs: list[tuple[int, int]]) -> None:
    counts, values = (np.array([pair[i] for pair in pairs], np.int64) for i in (0, 1))
    encoder = RangeEncoder()
    assert (code_bits(encoder, values, counts) == values).all()
    data = encoder.finish()
    assert len(data) <= counts.sum() / 8 + 8
    assert (code_bits(RangeDecoder(data), None, counts) == values).all()


@given(st.lists(st.integers(-(2**61), 2**61 - 1), max_size=20))
def test_signed_numbers_fold_onto_the_naturals_and_back(values: list[int]) -> None:
    array = np.array(values, np.int64)
    folded = from_signed(array)
    assert (folded >= 0).all()
    assert (to_signed(folded) == array).all()


def test_folding_alternates() -> None:
    assert to_signed(np.arange(5)).tolist() == [0, -1, 1, -2, 2]
    assert from_signed(np.array([0, -1, 1, -2, 2])).tolist() == [0, 1, 2, 3, 4]

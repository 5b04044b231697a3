import numpy as np
import pytest

from hybridcodec.errors import ModelError
from hybridcodec.integer import FLOAT32_LIMIT, INT32_LIMIT, accumulator_bounds, check_accumulators


def test_bound_is_reached_by_the_worst_input() -> None:
    rng = np.random.default_rng(1)
    weights = rng.integers(-127, 128, (5, 7, 3, 3))
    bias = rng.integers(-1000, 1000, 5)
    worst = np.sign(weights) * np.where(bias < 0, -1, 1)[:, None, None, None] * 255
    reached = np.abs((weights * worst).sum((1, 2, 3)) + bias)
    assert (accumulator_bounds(weights, bias, 255) == reached).all()


def test_a_bound_one_below_the_limit_passes_and_the_limit_is_refused() -> None:
    weights = np.array([[4095, 0]], dtype=np.int32)
    below = FLOAT32_LIMIT - 4095 * 4095
    assert check_accumulators(weights, np.array([below - 1]), 4095, FLOAT32_LIMIT, "layer") == FLOAT32_LIMIT - 1
    with pytest.raises(ModelError, match=r"layer: accumulator 0 may reach 16777216"):
        check_accumulators(weights, np.array([-below]), 4095, FLOAT32_LIMIT, "layer")


def test_the_most_negative_weight_does_not_wrap() -> None:
    weights = np.full((1, 2), -128, dtype=np.int8)
    assert check_accumulators(weights, np.array([0]), 100, INT32_LIMIT, "layer") == 25600
    with pytest.raises(ModelError, match="may reach"):
        check_accumulators(np.array([[-(2**31)]], dtype=np.int32), np.array([0]), 2, INT32_LIMIT, "layer")


@pytest.mark.parametrize("weights", [np.ones((1, 2), np.float32), np.full((1, 2), 2**40), np.ones((2, 2), np.int8)])
def test_what_is_no_small_integer_layer_is_refused(weights: np.ndarray) -> None:
    with pytest.raises(ModelError):
        check_accumulators(weights, np.array([0]), 255, FLOAT32_LIMIT, "layer")


def test_inputs_that_int64_could_not_bound_are_refused() -> None:
    with pytest.raises(ModelError, match="below 2"):
        accumulator_bounds(np.ones((1, 1), np.int8), np.zeros(1, np.int32), 2**31)

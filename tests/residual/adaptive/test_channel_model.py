from collections.abc import Callable

import numpy as np
import pytest
import residual_models

from hybridcodec.errors import ModelError
from hybridcodec.integer.proof import INT32_LIMIT
from hybridcodec.residual.adaptive import features
from hybridcodec.residual.adaptive.model import AdaptiveModel
from hybridcodec.residual.adaptive.network import HIDDEN_LIMIT, WEIGHT_BITS, WEIGHT_LIMIT

Arrays = residual_models.Arrays
NAMES = sorted(residual_models.random_tensors())


@pytest.mark.parametrize("name", NAMES)
@pytest.mark.parametrize("change", ["empty", "scalar", "flat", "one more", "one axis more"])
def test_an_array_of_another_shape_is_refused(name: str, change: str) -> None:
    tensors = residual_models.random_tensors()
    array = tensors[name]
    changed = {
        "empty": array[:0],
        "scalar": array.reshape(-1)[0],
        "flat": array.reshape(-1),
        "one more": np.concatenate([array, array[-1:]]),
        "one axis more": array[None],
    }[change]
    if changed.shape == array.shape or (name == "exponentials" and change in ("one more", "scalar")):
        return  # the same, or a table that may have any length
    if "context" in name and change == "one more":
        return  # a regressor that stands twice is odd, but harmless
    tensors[name] = np.array(changed)
    with pytest.raises(ModelError):
        AdaptiveModel.from_tensors(tensors)


@pytest.mark.parametrize("name", ["0.w1", "1.w2", "2.w3", "0.linear", "1.b1", "2.b2", "0.b3"])
def test_weights_whose_sums_could_overflow_are_refused(name: str) -> None:
    tensors = residual_models.random_tensors()
    tensors[name] = np.full_like(tensors[name], INT32_LIMIT - 1)
    with pytest.raises(ModelError, match=r"may reach|at most 32 bits|within"):
        AdaptiveModel.from_tensors(tensors)


@pytest.mark.parametrize(
    ("name", "limit"),
    [
        ("w1", features.LIMIT),
        ("w2", HIDDEN_LIMIT),
        ("w3", 2 * HIDDEN_LIMIT),
        ("linear", features.LIMIT),
    ],
)
def test_the_proof_is_exact_to_the_last_unit(name: str, limit: int) -> None:
    tensors = residual_models.random_tensors(spread=0)
    tensors["rates"][11] = 0  # no drift
    weights, half = tensors[f"0.{name}"], 1 << (WEIGHT_BITS - 1)
    bias = tensors.get(f"0.b{name[1]}", np.zeros(len(weights), np.int32))
    left = ((INT32_LIMIT - 1) - half) // limit  # magnitude that the weights of an output may have together
    for i in range(weights.shape[1]):
        weights[0, i] = min(left, WEIGHT_LIMIT)
        left -= int(weights[0, i])
    bias[0] = (INT32_LIMIT - 1) - half - int(weights[0].sum()) * limit if name != "linear" else 0
    AdaptiveModel.from_tensors(tensors)
    if left > 0:
        return  # too few weights of 16 bits to break the proof by themselves
    weights[0, -1] -= 1
    with pytest.raises(ModelError, match=f"channel 0: {name}"):
        AdaptiveModel.from_tensors(tensors)


@pytest.mark.parametrize("name", ["w1", "w2", "w3", "linear"])
@pytest.mark.parametrize("sign", [-1, 1])
def test_weights_beyond_16_bits_are_refused(name: str, sign: int) -> None:
    tensors = residual_models.random_tensors(spread=0)
    tensors["rates"][11] = 0  # no drift
    tensors[f"2.{name}"][0, -1] = sign * WEIGHT_LIMIT
    AdaptiveModel.from_tensors(tensors)
    tensors[f"2.{name}"][0, -1] += sign
    with pytest.raises(ModelError, match=f"channel 2: {name}: weights are within"):
        AdaptiveModel.from_tensors(tensors)


def test_numbers_beyond_32_bits_are_refused() -> None:
    tensors = residual_models.random_tensors()
    tensors["0.b1"] = tensors["0.b1"].astype(np.int64) + (1 << 40)
    with pytest.raises(ModelError, match="beyond 32 bits"):
        AdaptiveModel.from_tensors(tensors)


NOT_KNOWN = [
    (0, 0, 0, 0),  # channel, plane, dy, dx
    (0, 1, 0, 0),
    (1, 2, 0, 0),
    (2, 2, 0, 0),
    (0, 0, 0, 1),
    (0, 0, 1, 0),
    (0, 0, 1, -2),
    (0, 0, -1, 4),
    (0, 0, 0, -4),
    (0, 0, -4, 0),
    (0, 3, 4, 0),
    (0, 3, 0, -4),
    (0, 6, 0, 0),
    (0, -1, 0, -1),
    (2, -7, 0, -1),
    (1, 2**31 - 1, 0, -1),
]


@pytest.mark.parametrize(("channel", "plane", "dy", "dx"), NOT_KNOWN)
def test_regressors_that_a_decoder_does_not_know_yet_are_refused(channel: int, plane: int, dy: int, dx: int) -> None:
    tensors = residual_models.random_tensors()
    tensors[f"{channel}.context.0"] = tensors[f"{channel}.context.0"].copy()
    tensors[f"{channel}.context.0"][-1] = plane, dy, dx
    with pytest.raises(ModelError, match="is not known when"):
        AdaptiveModel.from_tensors(tensors)


@pytest.mark.parametrize(
    ("channel", "plane", "dy", "dx"), [(0, 0, -1, 2), (0, 2, 0, -3), (0, 3, 3, 3), (2, 1, 0, 0), (1, 5, -3, -3)]
)
def test_the_outermost_regressors_that_are_known_are_accepted(channel: int, plane: int, dy: int, dx: int) -> None:
    tensors = residual_models.random_tensors()
    tensors[f"{channel}.context.0"][-1] = plane, dy, dx
    AdaptiveModel.from_tensors(tensors)


def _set(name: str, at: int, value: int) -> Callable[[Arrays], None]:
    def change(tensors: Arrays) -> None:
        tensors[name].reshape(-1)[at] = value

    return change


def _too_many_regressors(tensors: Arrays) -> None:
    tensors["0.context.0"] = np.tile(np.array([[0, 0, -1]], np.int32), (65, 1))


def _blend_alone(tensors: Arrays) -> None:
    tensors["0.experts"] = tensors["0.experts"][-1:]


def _fewer_experts_in_one_channel(tensors: Arrays) -> None:
    tensors["1.experts"] = tensors["1.experts"][1:]
    tensors["1.w1"], tensors["1.linear"] = tensors["1.w1"][:, :-3], tensors["1.linear"][:, :-3]


BROKEN: dict[str, Callable[[Arrays], None]] = {
    "cumulative table falls": _set("0.cumulative", 100, 60000),
    "cumulative table below zero": _set("1.cumulative", 0, -1),
    "cumulative table above one": _set("2.cumulative", -1, 65537),
    "logs too large for a feature": _set("logs", 8191, features.LIMIT + 1),
    "logs too small for a feature": _set("logs", 0, -features.LIMIT - 1),
    "scale of zero": _set("scales", 5, 0),
    "inverse below zero": _set("inverses", 5, -1),
    "no weight for the best": _set("exponentials", 0, 0),
    "negative weight": _set("exponentials", 7, -1),
    "huge weight": _set("exponentials", 7, 1 << 21),
    "too many regressors": _too_many_regressors,
    "no expert beside the blend": _blend_alone,
    "fewer experts in one channel": _fewer_experts_in_one_channel,
}


@pytest.mark.parametrize("name", BROKEN)
def test_a_model_that_breaks_a_rule_is_refused(name: str) -> None:
    tensors = residual_models.random_tensors()
    BROKEN[name](tensors)
    with pytest.raises(ModelError):
        AdaptiveModel.from_tensors(tensors)

"""Models of the coder that adapts: what is refused when one is loaded, and that shipped experts are causal."""

from collections.abc import Callable

import numpy as np
import pytest
import residual_models

from hybridcodec.errors import ModelError
from hybridcodec.residual.adaptive import offsets
from hybridcodec.residual.adaptive.channel_model import check_context
from hybridcodec.residual.adaptive.contexts import BLEND, DESIGNS, as_array
from hybridcodec.residual.adaptive.model import MAX_REGRESSORS, REACH, AdaptiveModel

Arrays = residual_models.Arrays
NAMES = sorted(residual_models.random_tensors())


@pytest.mark.parametrize("name", NAMES)
def test_a_missing_array_is_named(name: str) -> None:
    tensors = residual_models.random_tensors()
    del tensors[name]
    with pytest.raises(ModelError, match=name):
        AdaptiveModel.from_tensors(tensors)


@pytest.mark.parametrize("name", NAMES)
def test_an_array_of_no_integers_or_of_another_shape_is_refused(name: str) -> None:
    array = residual_models.random_tensors()[name]
    for changed in (array.astype(np.float32), array[:0], array[None]):
        with pytest.raises(ModelError):
            AdaptiveModel.from_tensors(residual_models.random_tensors() | {name: changed})


def put(name: str, at: int | tuple[int, int], value: int) -> Callable[[Arrays], None]:
    def change(tensors: Arrays) -> None:
        tensors[name][at] = value

    return change


def drop(name: str) -> Callable[[Arrays], None]:
    def change(tensors: Arrays) -> None:
        del tensors[name]

    return change


BROKEN: dict[str, Callable[[Arrays], None]] = {
    "forgets nothing": put("0.experts", (0, 0), 256),
    "forgets everything": put("1.experts", (2, 0), 0),
    "no ridge": put("2.experts", (1, 1), 0),
    "samples without an error": put("0.experts", (0, 2), 0),
    "own errors that count for less than nothing": put("0.experts", (0, 3), -1),
    "a ridge without end": put("0.experts", (0, 1), 1 << 16),
    "a decay of one": put("rates", 2, 1 << 30),
    "a negative rate": put("rates", 0, -1),
    "no guard": put("rates", 4, 0),
    "no guard of offsets": put("rates", 7, 0),
    "steps without samples": put("rates", 10, 0),
    "drift beyond 16 bits": put("rates", 11, 40000),
    "a threshold of nothing": put("thresholds", 3, 0),
    "a threshold beyond features": put("thresholds", 2, 2000),
    "a regressor further than three": put("0.context.1", (0, 2), -4),
    "a regressor that comes later": put("0.context.1", (0, 2), 0),
    "a weight that would leave 16 bits": put("1.w3", (0, 0), 32000),
    "a bias that would leave 32 bits": put("1.b3", 0, 2**31 - 1),
}


BROKEN_PHASES: dict[str, Callable[[Arrays], None]] = {
    "phases that forget nothing": put("0.phased", (0, 0), 256),
    "phases without a ridge": put("2.phased", (1, 1), 0),
    "phases that reach too far": put("1.phased.0", (0, 2), -4),
    "phases that know what comes later": put("1.phased.1", (0, 2), 0),
    "more phases than there may be": lambda tensors: tensors.update({"0.phased": tensors["0.phased"][[0, 0, 0]]}),
    "no experts of phases": lambda tensors: tensors.update({"0.phased": tensors["0.phased"][:0]}),
    "a channel without experts of phases": drop("2.phased"),
    "phases without regressors": drop("2.phased.1"),
}


@pytest.mark.parametrize("name", BROKEN_PHASES)
def test_experts_of_phases_are_checked_as_others_are(name: str) -> None:
    tensors = residual_models.with_phases(residual_models.random_tensors())
    assert AdaptiveModel.from_tensors(tensors).phased == 2
    BROKEN_PHASES[name](tensors)
    with pytest.raises(ModelError):
        AdaptiveModel.from_tensors(tensors)


@pytest.mark.parametrize("name", BROKEN)
def test_a_model_that_could_go_wrong_is_refused(name: str) -> None:
    tensors = residual_models.random_tensors()
    AdaptiveModel.from_tensors(tensors)
    BROKEN[name](tensors)
    with pytest.raises(ModelError):
        AdaptiveModel.from_tensors(tensors)


def test_the_proof_counts_how_far_weights_may_drift() -> None:
    tensors = residual_models.random_tensors(spread=0)
    tensors["rates"][11] = 20000  # 12 units of 8190 each, of 20000 and more: below 2^31
    AdaptiveModel.from_tensors(tensors)
    tensors["2.w3"][8] = 1900
    with pytest.raises(ModelError, match="channel 2: w3 while it adapts"):
        AdaptiveModel.from_tensors(tensors)


def test_hidden_units_come_in_fours() -> None:
    tensors = residual_models.random_tensors()
    for c in range(3):
        for name in ("w1", "b1", "b2"):
            tensors[f"{c}.{name}"] = tensors[f"{c}.{name}"][:-2]
        tensors[f"{c}.w2"], tensors[f"{c}.w3"] = tensors[f"{c}.w2"][:-2, :-2], tensors[f"{c}.w3"][:, :-2]
    with pytest.raises(ModelError, match="multiple of 4"):
        AdaptiveModel.from_tensors(tensors)


@pytest.mark.parametrize("name", DESIGNS)
def test_the_designs_take_what_a_decoder_knows(name: str) -> None:
    sizes = []
    for channel in range(3):
        for recipe in (*DESIGNS[name].experts, *DESIGNS[name].phased):
            context = recipe.context(channel)
            assert len(set(context)) == len(context)
            check_context(as_array(context), channel, REACH, MAX_REGRESSORS)
            sizes.append(len(context))
    assert max(sizes) == {"fast": 17, "normal": 25, "best": 49}[name]
    assert min(min(recipe.settings[:3]) for recipe in (*DESIGNS[name].experts, BLEND)) >= 1


def test_tables_of_offsets_lie_one_below_the_other() -> None:
    assert [sum(offsets.SIZES[:k]) for k in range(offsets.CONTEXTS)] == list(offsets.FIRST)
    assert sum(offsets.SIZES) == offsets.ROWS

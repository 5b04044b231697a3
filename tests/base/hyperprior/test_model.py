from collections.abc import Callable

import base_models
import numpy as np
import pytest

from hybridcodec.base.hyperprior.model import BaseModel
from hybridcodec.errors import ModelError
from hybridcodec.integer import FLOAT64_LIMIT, reference

Arrays = base_models.Arrays


def test_model_runs_like_the_reference_in_both_networks() -> None:
    model = base_models.random_model()
    rng = np.random.default_rng(1)
    z = rng.integers(-200, 200, (2, 3, 48))
    y = rng.integers(-3000, 3000, (3, 2, 96))
    for network, x in ((model.h_s, z), (model.g_s, y)):
        found = network(x).astype(np.int64)
        assert (found == reference.run(network, x)).all()
        assert len(np.unique(found)) > 50


def test_bound_of_a_model_is_proven() -> None:
    model = base_models.random_model()
    assert max(model.h_s.bound, model.g_s.bound) < FLOAT64_LIMIT


def _without(arrays: Arrays) -> None:
    del arrays["g_s.out.bias"]


def _extra(arrays: Arrays) -> None:
    arrays["surprise"] = np.zeros(1, np.int8)


def _float_weight(arrays: Arrays) -> None:
    arrays["h_s.out.weight"] = arrays["h_s.out.weight"].astype(np.float32)


def _short_bias(arrays: Arrays) -> None:
    arrays["g_s.stem.bias"] = arrays["g_s.stem.bias"][:-1]


def _left_shift(arrays: Arrays) -> None:
    arrays["g_s.stem.shift"] = -arrays["g_s.stem.shift"]


def _swapped_limits(arrays: Arrays) -> None:
    arrays["g_s.up4.limits"] = arrays["g_s.up4.limits"][::-1].copy()


def _relu_below_zero(arrays: Arrays) -> None:
    arrays["g_s.res4a.limits"] = np.array([-1, 511], np.int32)


def _huge_limits(arrays: Arrays) -> None:
    arrays["g_s.stem.limits"] = np.array([-(2**31), 2**31 - 1], np.int32)


def _zero_frequency(arrays: Arrays) -> None:
    arrays["tables.y"][3, :2] = 0, arrays["tables.y"][3, :2].sum()


def _wrong_sum(arrays: Arrays) -> None:
    arrays["tables.z"][0, 0] += 1


def _odd_columns(arrays: Arrays) -> None:
    arrays["tables.y"] = arrays["tables.y"][:, 1:]


def _no_table(arrays: Arrays) -> None:
    del arrays["tables.z"]


@pytest.mark.parametrize(
    "damage",
    [
        _without, _extra, _float_weight, _short_bias, _left_shift, _swapped_limits, _relu_below_zero, _huge_limits,
        _zero_frequency, _wrong_sum, _odd_columns, _no_table,
    ],
)  # fmt: skip
def test_damaged_model_is_refused(damage: Callable[[Arrays], None]) -> None:
    arrays = base_models.decoder_arrays()
    damage(arrays)
    with pytest.raises(ModelError):
        BaseModel.from_tensors(arrays)

"""The analysis without units that never fire: smaller, and finds the same."""

import numpy as np
import pytest

from hybridcodec.base.variable.analysis import Analysis
from hybridcodec.base.variable.decoder import WINDOW
from hybridcodec.errors import ModelError
from hybridcodec.models import DEFAULT_BASE
from hybridcodec.models.store import analysis_of, load_tensors
from hybridcodec.train.firing import TOGETHER, Arrays, firing, narrowed, only_firing

SILENT = TOGETHER


@pytest.fixture(scope="module")
def shipped() -> Arrays:
    return dict(load_tensors(analysis_of(DEFAULT_BASE)))


@pytest.fixture(scope="module")
def widened(shipped: Arrays) -> Arrays:
    """As shipped, with units in one block that fire nowhere, whatever the picture, and what they would mean."""
    rng, found = np.random.default_rng(3), dict(shipped)
    first, bias, unit = (shipped[f"g_a.res16xa.{part}"] for part in ("weight", "bias", "unit"))
    found["g_a.res16xa.weight"] = np.concatenate([first, np.zeros((SILENT, *first.shape[1:]), np.int8)])
    found["g_a.res16xa.bias"] = np.concatenate([bias, np.full(SILENT, -0.1, np.float32)])
    found["g_a.res16xa.unit"] = np.concatenate([unit, np.ones(SILENT, np.float32)])
    second = shipped["g_a.res16xb.weight"]
    nonsense = rng.integers(-9, 9, (len(second), SILENT, 3, 3), np.int8)
    found["g_a.res16xb.weight"] = np.concatenate([second, nonsense], axis=1)
    return found


def picture(height: int, width: int) -> np.ndarray[tuple[int, ...], np.dtype[np.uint8]]:
    rows, columns = np.mgrid[:height, :width]
    waves = [128 + 60 * np.sin(rows / (5 + c)) + 50 * np.cos(columns / (9 - c)) for c in range(3)]
    return np.stack(waves, 2).astype(np.uint8)


def test_without_units_that_never_fire_the_latents_are_the_same(shipped: Arrays, widened: Arrays) -> None:
    samples = picture(83, 150)
    found = only_firing(widened, [samples])
    assert found.keys() == shipped.keys()
    assert len(found["g_a.res16xa.weight"]) == len(shipped["g_a.res16xa.weight"])
    assert all(np.array_equal(found[name], array) for name, array in shipped.items() if ".res16x" in name)
    latents = [Analysis.from_tensors(tensors).latents(samples, WINDOW) for tensors in (widened, shipped, found)]
    assert all(np.array_equal(each, latents[0]) for each in latents[1:])


def test_units_are_counted_where_they_fire(widened: Arrays) -> None:
    samples = picture(64, 64)
    counts = firing(Analysis.from_tensors(widened), [samples])
    assert not counts["res16xa"][-SILENT:].any()
    assert counts["res4xa"].any()
    places = 16 * 16 + 4 * 8 * 8  # whole and in quarters
    assert max(counts["res4xa"]) <= places


def test_the_units_that_fire_most_often_stay_in_their_order(widened: Arrays) -> None:
    counts = firing(Analysis.from_tensors(widened), [picture(32, 32)])
    most = np.zeros(len(counts["res16xa"]), np.int64)
    most[1::2] = 1
    found = narrowed(widened, {**counts, "res16xa": most})
    kept = np.arange(1, 2 * TOGETHER, 2)
    assert np.array_equal(found["g_a.res16xa.bias"], widened["g_a.res16xa.bias"][kept])
    assert np.array_equal(found["g_a.res16xb.weight"], widened["g_a.res16xb.weight"][:, kept])


@pytest.mark.parametrize("units", [0, 31])
def test_a_block_that_no_kernel_multiplies_is_refused(shipped: Arrays, units: int) -> None:
    broken = dict(shipped)
    for part in ("weight", "bias", "unit"):
        broken[f"g_a.res16xa.{part}"] = shipped[f"g_a.res16xa.{part}"][:units]
    broken["g_a.res16xb.weight"] = shipped["g_a.res16xb.weight"][:, :units]
    with pytest.raises(ModelError, match=r"res16x"):
        Analysis.from_tensors(broken)

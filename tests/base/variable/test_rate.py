"""The search for a size: few sizes are asked for, and the nearest quality is found."""

import math

import numpy as np
import pytest

from hybridcodec.base.variable.rate import CLOSE, TRIES, forecast, search
from hybridcodec.base.variable.schema import LATENTS, QUALITIES
from hybridcodec.loading import load_base
from hybridcodec.models import DEFAULT_BASE

EXPECTED = 10 + np.linspace(0, 7, QUALITIES) + 0.3 * np.sin(np.linspace(0, 3, QUALITIES))


@pytest.mark.parametrize("target", [1500, 20000, 50000])
def test_a_size_is_met_in_few_tries_where_the_forecast_is_wrong(target: int) -> None:
    asked = []

    def size_of(quality: int) -> float:
        asked.append(quality)
        return float(2 ** (0.6 + 0.9 * EXPECTED[quality] + 0.1 * math.sin(quality / 90)))

    found = search(size_of, target, EXPECTED)
    assert abs(size_of(found) / target - 1) < CLOSE
    assert len(asked) < 6


@pytest.mark.parametrize(("target", "end"), [(1, 0), (1e9, QUALITIES - 1)])
def test_beyond_the_range_its_end_is_taken(target: float, end: int) -> None:
    assert search(lambda quality: float(2 ** EXPECTED[quality]), target, EXPECTED) == end


def test_sizes_that_never_come_near_end_the_search() -> None:
    asked = []

    def size_of(quality: int) -> float:
        asked.append(quality)
        return 1000.0 if quality < 500 else 9000.0

    assert search(size_of, 4000, EXPECTED) in asked
    assert len(asked) <= TRIES


@pytest.mark.parametrize("shape", [(1, 1), (3, 40), (40, 50)])
def test_forecasts_rise_with_quality_and_with_what_differs(shape: tuple[int, int]) -> None:
    model = load_base(DEFAULT_BASE).model
    y = np.random.default_rng(1).normal(size=(*shape, LATENTS)).astype(np.float32)
    low, high, flat = (forecast(values, model) for values in (y, 3 * y, 0 * y))
    assert low.shape == (QUALITIES,)
    assert (np.diff(low) > 0).all()
    assert (high > low).all()
    assert np.isfinite(flat).all()
    assert (flat < low).all()

"""Kernels that go through the latents of a pass, against the masks that say what a pass is."""

import numpy as np
import pytest

from hybridcodec.base.units import SCALES
from hybridcodec.base.variable.places import expect, passes, put, take
from hybridcodec.base.variable.schema import LATENTS, PASSES, STEPS


@pytest.mark.parametrize("plain", [False, True])
@pytest.mark.parametrize(("height", "width"), [(1, 1), (3, 2), (4, 5)])
def test_latents_of_a_pass_are_those_of_its_mask_in_raster_order(height: int, width: int, plain: bool) -> None:
    rng = np.random.default_rng(height)
    values = rng.normal(size=(height, width, LATENTS)).astype(np.float32)
    parameters = rng.integers(-STEPS * SCALES, 2 * STEPS * SCALES, (height, width, 2 * LATENTS)).astype(np.int32)
    left = np.zeros((height, width, LATENTS), np.int32)
    kernels = [kernel.py_func if plain else kernel for kernel in (take, expect, put)]
    count = left.size // PASSES
    for number, mask in enumerate(passes(height, width)):
        found, mean, index = np.empty(count, np.float32), np.empty(count, np.int32), np.empty(count, np.int64)
        kernels[0](values, number, found)
        kernels[1](parameters, number, mean, index)
        kernels[2](mean, number, left)
        assert (found == values[mask]).all()
        assert (mean == parameters[..., :LATENTS][mask]).all()
        exact = np.rint(parameters[..., LATENTS:][mask] / STEPS + 1e-6).clip(0, SCALES - 1)
        assert (index == exact).all()
    assert (left == parameters[..., :LATENTS]).all()

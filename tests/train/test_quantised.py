import math

import numpy as np
import pytest
import torch

from hybridcodec.base.chains import integer_network
from hybridcodec.generative.texture.schema import BODY, COLOUR
from hybridcodec.integer import reference
from hybridcodec.train.frequencies import frequencies, gaussian_rows
from hybridcodec.train.network import Chain, bounded, straight_round
from hybridcodec.train.quantised import Ends, calibrate

STEPS, INPUT_LIMIT, OUTPUT_LIMIT = 4, 511, 2047


@pytest.mark.parametrize("layers", [BODY, COLOUR], ids=["residual blocks", "pixel shuffle"])
def test_fake_quantisation_equals_the_integer_twin_bit_for_bit(layers: tuple) -> None:
    torch.manual_seed(1)
    rng, chain = np.random.default_rng(1), Chain(layers)
    integers = rng.integers(-600, 600, (8, 11, layers[0].inputs))  # (h, w, C), some beyond the limit
    values = _by_channel(integers.clip(-INPUT_LIMIT, INPUT_LIMIT) / 2**STEPS)
    exponents = torch.full((layers[-1].outputs,), float(STEPS))
    quantised = calibrate(chain, [values], Ends(STEPS, INPUT_LIMIT, exponents, OUTPUT_LIMIT))
    twin = integer_network("net", layers, quantised.arrays("net"), -INPUT_LIMIT, INPUT_LIMIT)
    with torch.no_grad():
        found = _by_pixel(quantised(_by_channel(integers / 2**STEPS)))
    assert (found * 2**STEPS == reference.run(twin, integers)).all()
    assert (found * 2**STEPS == twin(integers)).all()
    assert found.std() > 0


def _by_channel(x: np.ndarray) -> torch.Tensor:
    """(h, w, C) as (1, C, h, w)."""
    return torch.from_numpy(x.transpose(2, 0, 1)[None]).float()


def _by_pixel(x: torch.Tensor) -> np.ndarray:
    """(1, C, h, w) as (h, w, C)."""
    return x[0].permute(1, 2, 0).numpy()


def test_rounding_passes_gradients_and_bounds_lead_back_inside() -> None:
    x = torch.tensor([-1.4, 0.6, 9.0], requires_grad=True)
    straight_round(x).sum().backward()
    assert x.grad is not None
    assert x.grad.tolist() == [1, 1, 1]
    x.grad = None
    bounded(x, 0.0, 5.0).sum().backward()
    assert x.grad.tolist() == [0, 1, 1]


def test_frequencies_sum_and_never_vanish() -> None:
    counts = np.array([[0.0, 1e9, 3.0, 1e-9], [1.0, 1.0, 1.0, 1.0]])
    found = frequencies(counts).astype(int)
    assert found.sum(1).tolist() == [65536, 65536]
    assert found.min() >= 1
    assert math.isclose(found[1, 3] / 65536, 0.25, abs_tol=1e-3)


def test_rows_of_a_gaussian_sum_to_one() -> None:
    rows = gaussian_rows(np.array([0.11, 1.0, 5.0]), 15)
    assert rows.shape == (3, 32)
    assert rows.sum(1) == pytest.approx(np.ones(3), abs=1e-6)

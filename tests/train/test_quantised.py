import math

import numpy as np
import pytest
import torch

from hybridcodec.base.hyperprior.model import BaseModel
from hybridcodec.base.hyperprior.schema import HYPER_LATENTS, LATENTS
from hybridcodec.base.units import SCALES
from hybridcodec.errors import ModelError
from hybridcodec.integer import reference
from hybridcodec.train.calibration import quantise_network
from hybridcodec.train.data import PictureSet
from hybridcodec.train.export import _flat, frequencies
from hybridcodec.train.network import BaseNetwork
from hybridcodec.train.quantised import QuantisedChain


@pytest.fixture(scope="module")
def quantised() -> BaseNetwork:
    torch.manual_seed(1)
    network = BaseNetwork()
    rng = np.random.default_rng(1)
    pictures = tuple(rng.integers(0, 256, (256, 256, 3)).astype(np.uint8) for _ in range(2))
    quantise_network(network, PictureSet(pictures, ()))
    return network


def test_fake_quantisation_equals_the_integer_twin_bit_for_bit(quantised: BaseNetwork) -> None:
    assert isinstance(quantised.h_s, QuantisedChain)
    assert isinstance(quantised.g_s, QuantisedChain)
    arrays = quantised.h_s.arrays("h_s") | quantised.g_s.arrays("g_s")
    model = BaseModel.from_tensors(arrays | {"tables.y": _flat(SCALES, 3), "tables.z": _flat(HYPER_LATENTS, 3)})
    rng = np.random.default_rng(2)
    z = rng.integers(-150, 150, (2, 3, HYPER_LATENTS))
    y = rng.integers(-500, 500, (3, 2, LATENTS))
    with torch.no_grad():
        parameters = _by_pixel(quantised.h_s(_by_channel(z)))
        samples = _by_pixel(quantised.g_s(_by_channel(y / 16)))
    expected = reference.run(model.h_s, z)
    assert (parameters[..., :LATENTS] * 16 == expected[..., :LATENTS]).all()
    assert (parameters[..., LATENTS:] == expected[..., LATENTS:]).all()
    assert (samples * 1024 == reference.run(model.g_s, y)).all()
    assert (model.g_s(y) == samples * 1024).all()


def _by_channel(x: np.ndarray) -> torch.Tensor:
    """(h, w, C) as (1, C, h, w)."""
    return torch.from_numpy(x.transpose(2, 0, 1)[None]).float()


def _by_pixel(x: torch.Tensor) -> np.ndarray:
    """(1, C, h, w) as (h, w, C)."""
    return x[0].permute(1, 2, 0).numpy()


def test_scales_survive_a_checkpoint(quantised: BaseNetwork) -> None:
    assert isinstance(quantised.g_s, QuantisedChain)
    again = QuantisedChain.from_state(quantised.g_s.chain, quantised.g_s.state_dict(), quantised.g_s.input_limit)
    for before, after in zip(quantised.g_s.grids, again.grids, strict=True):
        assert before.packed().tolist() == after.packed().tolist()


def test_quantising_twice_is_refused(quantised: BaseNetwork) -> None:
    with pytest.raises(ModelError, match="already"):
        quantise_network(quantised, PictureSet((), ()))


def test_frequencies_sum_and_never_vanish() -> None:
    counts = np.array([[0.0, 1e9, 3.0, 1e-9], [1.0, 1.0, 1.0, 1.0]])
    found = frequencies(counts).astype(int)
    assert found.sum(1).tolist() == [65536, 65536]
    assert found.min() >= 1
    assert math.isclose(found[1, 3] / 65536, 0.25, abs_tol=1e-3)

import numpy as np
import pytest
import torch

from hybridcodec.base.hyperprior.analysis import Analysis
from hybridcodec.base.hyperprior.schema import NETWORKS, analysis_shapes, decoder_shapes
from hybridcodec.train.export import analysis_arrays
from hybridcodec.train.network import BaseNetwork, bounded, gaussian_bits, straight_round


def test_float_network_and_integer_twin_share_one_schema() -> None:
    network = BaseNetwork()
    shapes = decoder_shapes() | analysis_shapes()
    found = {
        f"{name}.{layer.name}.{kind}": tuple(parameter.shape)
        for name, layers in NETWORKS.items()
        for layer in layers
        for kind, parameter in zip(("weight", "bias"), getattr(network, name).layer_parameters(layer.name), strict=True)
    }
    assert found == {k: shape for k, (_, shape) in shapes.items() if k.endswith((".weight", ".bias"))}


def test_encoder_runs_the_analysis_that_was_trained() -> None:
    torch.manual_seed(1)
    network = BaseNetwork()
    analysis = Analysis.from_tensors(analysis_arrays(network))
    samples = np.random.default_rng(1).integers(0, 256, (128, 192, 3)).astype(np.uint8)
    tensor = torch.from_numpy(samples.astype(np.float32)).permute(2, 0, 1)[None]
    with torch.no_grad():
        y = network.analyse(tensor)[0].numpy()
        z = torch.round(network.h_a(torch.from_numpy(y)[None]))[0].numpy()
    found = analysis.latents(samples, 64)
    assert np.abs(found - y).max() < 0.01 * np.abs(y).max()
    assert (np.abs(analysis.hyper_latents(y) - z) <= 1).all()


def test_bits_of_a_gaussian_sum_to_one_in_probability() -> None:
    values = torch.arange(-40, 41).float()
    for scale in (0.11, 1.0, 5.0):
        probabilities = torch.exp2(-gaussian_bits(values, torch.full_like(values, scale)))
        assert float(probabilities.sum()) == pytest.approx(1.0, abs=1e-4)


def test_rounding_passes_gradients_and_bounds_lead_back_inside() -> None:
    x = torch.tensor([-1.4, 0.6, 9.0], requires_grad=True)
    straight_round(x).sum().backward()
    assert x.grad is not None
    assert x.grad.tolist() == [1, 1, 1]
    x.grad = None
    bounded(x, 0.0, 5.0).sum().backward()
    assert x.grad.tolist() == [0, 1, 1]

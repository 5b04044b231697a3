import base_models
import numpy as np
import pytest

from hybridcodec.base.hyperprior.analysis import Analysis
from hybridcodec.base.hyperprior.decoder import decode_base
from hybridcodec.base.hyperprior.encoder import encode_base
from hybridcodec.base.hyperprior.model import BaseModel
from hybridcodec.integer import FLOAT32_LIMIT, FLOAT64_LIMIT, reference
from hybridcodec.models.shipped import SHIPPED
from hybridcodec.models.store import load_tensors


@pytest.fixture(scope="module")
def model() -> BaseModel:
    return BaseModel.from_tensors(load_tensors(SHIPPED["base-v1"].digest))


def test_every_layer_is_proven_and_only_the_first_of_the_generator_needs_float64(model: BaseModel) -> None:
    layers = [stage.convolution for network in (model.h_s, model.g_s) for stage in network.stages]
    assert {layer.name for layer in layers if layer.bound >= FLOAT32_LIMIT} == {"g_s.stem"}
    assert max(layer.bound for layer in layers) < FLOAT64_LIMIT


def test_shipped_networks_equal_the_reference_at_the_extremes(model: BaseModel) -> None:
    rng = np.random.default_rng(1)
    z = rng.choice([-127, 0, 127], (3, 2, 48))
    y = rng.choice([-2047, 0, 2047], (3, 4, 96))
    for network, x in ((model.h_s, z), (model.g_s, y)):
        found = network(x).astype(np.int64)
        assert (found == reference.run(network, x)).all()


def test_preview_is_small_like_the_picture_and_keeps_its_colour(model: BaseModel) -> None:
    analysis = Analysis.from_tensors(load_tensors(SHIPPED["base-v1-analysis"].digest))
    samples = base_models.photograph_like(200, 280)
    payload, picture = encode_base(samples, model, analysis)
    decoded = decode_base(payload.common, payload.tiles, (200, 280, 3), model)
    assert (decoded == picture).all()
    assert 8 * payload.size < 200 * 280
    assert np.abs(samples.astype(int) - decoded).mean() < 8
    assert np.abs(samples.mean((0, 1)) - decoded.mean((0, 1))).max() < 0.1

"""Trained networks become a model that adapts; what is no such checkpoint is refused in one line."""

from pathlib import Path

import numpy as np
import pytest
import torch
from click.testing import CliRunner
from safetensors.numpy import load_file
from safetensors.torch import save_file

from hybridcodec.errors import InputError
from hybridcodec.machine.pairs import VECTOR
from hybridcodec.residual.adaptive.contexts import DESIGNS
from hybridcodec.residual.adaptive.model import AdaptiveModel
from hybridcodec.residual.adaptive.network import OUTPUTS, evaluate, scratch
from hybridcodec.train.adaptive import adaptive_tensors, load_networks, random_networks
from hybridcodec.train.group import main

FAST = DESIGNS["fast"]


@pytest.fixture
def checkpoint(tmp_path: Path) -> Path:
    path = tmp_path / "trained.safetensors"
    arrays = {}
    for c, network in enumerate(random_networks(FAST, 1)):
        arrays |= {f"fast.p2.{c}.{name}": value.clone() for name, value in network.state_dict().items()}
    save_file(arrays, str(path))
    return path


@pytest.mark.parametrize("name", DESIGNS)
def test_every_design_makes_a_model_that_passes_its_proof(name: str) -> None:
    model = AdaptiveModel.from_tensors(adaptive_tensors(random_networks(DESIGNS[name], 2), DESIGNS[name]))
    assert model.experts == len(DESIGNS[name].experts)


def test_the_integer_network_computes_what_the_trained_one_does(checkpoint: Path) -> None:
    networks = load_networks(checkpoint, "fast.p2", FAST)
    model = AdaptiveModel.from_tensors(adaptive_tensors(networks, FAST)).channels[2].start
    x = np.random.default_rng(1).integers(-300, 300, (model.w1.shape[1], VECTOR)).astype(np.int32)
    room = scratch(model.network, VECTOR)
    evaluate(x, 0, VECTOR, model.network, room)
    with torch.inference_mode():
        expected = torch.cat(networks[2].float()(torch.from_numpy(x.T / 128).float()), 1).T.numpy()
    assert np.abs(room[:OUTPUTS] / 256 - expected).max() < 0.03


def test_the_command_writes_the_model_and_its_digest(checkpoint: Path, tmp_path: Path) -> None:
    out = tmp_path / "model.safetensors"
    given = ["export-adaptive", str(checkpoint), "--design", "fast", "--prefix", "fast.p2", "--out", str(out)]
    result = CliRunner().invoke(main, given)
    assert result.exit_code == 0, result.output
    assert "model.safetensors" in result.output
    AdaptiveModel.from_tensors(load_file(str(out)))


@pytest.mark.parametrize(("design", "prefix"), [("fast", "fast.p1"), ("normal", "fast.p2")])
def test_networks_that_are_not_there_are_named(checkpoint: Path, design: str, prefix: str) -> None:
    with pytest.raises(InputError, match="no networks"):
        load_networks(checkpoint, prefix, DESIGNS[design])

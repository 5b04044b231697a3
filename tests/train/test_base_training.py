import json
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import torch
from click.testing import CliRunner
from PIL import Image

from hybridcodec.base.hyperprior.analysis import Analysis
from hybridcodec.base.hyperprior.decoder import decode_base
from hybridcodec.base.hyperprior.encoder import encode_base
from hybridcodec.base.hyperprior.model import BaseModel
from hybridcodec.train.base import learning_rate, train_base
from hybridcodec.train.calibration import load_network
from hybridcodec.train.data import PictureSet
from hybridcodec.train.export import export_base
from hybridcodec.train.group import main
from hybridcodec.train.network import BaseNetwork
from hybridcodec.train.quantised import QuantisedChain
from hybridcodec.train.recipe import BaseRecipe

RECIPE = BaseRecipe(steps=2, crop=128, batch=1, bfloat16=False)


def pictures(count: int = 2) -> PictureSet:
    rng = np.random.default_rng(1)
    made = tuple(rng.integers(0, 256, (256, 256, 3)).astype(np.uint8) for _ in range(count))
    return PictureSet(made[1:], made[:1])


def test_interrupted_training_continues_and_leaves_its_curve(tmp_path: Path) -> None:
    out = tmp_path / "run.safetensors"
    train_base(pictures(), RECIPE, out)
    train_base(pictures(), replace(RECIPE, steps=3), out, resume=True)
    lines = [json.loads(line) for line in (tmp_path / "run.jsonl").read_text().splitlines()]
    assert [line["step"] for line in lines] == [2, 3]
    assert all(line["bpp"] > 0 and 0 < line["ms_ssim"] < 1 for line in lines)
    assert not list(tmp_path.glob("*.tmp"))


def test_integer_stage_starts_from_floats_and_resumes_with_its_scales(tmp_path: Path) -> None:
    torch.manual_seed(1)
    start, out = tmp_path / "float.safetensors", tmp_path / "integer.safetensors"
    train_base(pictures(), replace(RECIPE, steps=1), start)
    recipe = replace(RECIPE, quantise=True, steps=1)
    made = train_base(pictures(), recipe, out, start=start)
    network = BaseNetwork()
    load_network(out, network)
    assert isinstance(made.g_s, QuantisedChain)
    assert isinstance(network.g_s, QuantisedChain)
    for before, after in zip(made.g_s.grids, network.g_s.grids, strict=True):
        assert before.packed().tolist() == after.packed().tolist()
    exported = export_base(out, pictures())
    assert exported.integer.bpp > 0
    model, analysis = BaseModel.from_tensors(exported.decoder), Analysis.from_tensors(exported.analysis)
    samples = pictures().validation[0][:50, :70]
    payload, picture = encode_base(samples, model, analysis)
    assert (decode_base(payload.common, payload.tiles, (50, 70, 3), model) == picture).all()


def test_learning_rate_rises_then_falls() -> None:
    recipe = BaseRecipe()
    assert learning_rate(recipe, 0.0) < learning_rate(recipe, recipe.warm_up)
    assert learning_rate(recipe, 1.0) == pytest.approx(0.02 * recipe.learning_rate)


def test_command_trains_on_a_folder(tmp_path: Path) -> None:
    rng = np.random.default_rng(1)
    for number in range(13):
        samples = rng.integers(0, 256, (192, 192, 3)).astype(np.uint8)
        Image.fromarray(samples).save(tmp_path / f"{number}.png")
    out = tmp_path / "out.safetensors"
    options = ["base", "--data", str(tmp_path), "--out", str(out), "--steps", "1", "--crop", "128", "--batch", "1"]
    result = CliRunner().invoke(main, [*options, "--float32"])
    assert result.exit_code == 0, result.output
    assert out.exists()
    assert '"ms_ssim"' in result.output

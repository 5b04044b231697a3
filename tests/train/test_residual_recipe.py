"""The residual's recipe: cut and taken up it leaves the same weights, and its model codes pictures exactly."""

import json
import math
from pathlib import Path

import numpy as np
import pytest

pytest.importorskip("torch", reason="the extra `train` is not installed")

from click.testing import CliRunner, Result
from PIL import Image
from safetensors.numpy import load_file

from hybridcodec.modes import Effort
from hybridcodec.residual import decode_residual
from hybridcodec.residual.coder import Ground
from hybridcodec.tiling import Tiling
from hybridcodec.train.group import main
from hybridcodec.train.loop import Loop
from hybridcodec.train.recipes.choice import Choice
from hybridcodec.train.recipes.residual_stage import TrainResidual
from hybridcodec.train.residual.coded import CODER, coded
from hybridcodec.train.residual.examples import Example, Grounds


def drawn(number: int) -> np.ndarray:
    rng, (y, x) = np.random.default_rng(number), np.mgrid[:192, :200]
    made = np.stack([(x * (number + 1) + y) % 256, (2 * y) % 256, 128 + 60 * np.sin(x / 9 + number)], 2)
    return (made + rng.normal(0, 4, made.shape)).clip(0, 255).astype(np.uint8)


@pytest.fixture(scope="module")
def data(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("pictures")
    for number in range(2):
        Image.fromarray(drawn(number)).save(folder / f"{number}.png")
    return folder


def run(data: Path, out: Path, *options: str) -> Result:
    given = ["recipe", "residual", "--rehearse", "--effort", "fast", "--data", str(data), "--out", str(out)]
    return CliRunner().invoke(main, [*given, "--threads", "1", *options])


class Cut(BaseException):
    """The power goes."""


def test_a_run_that_is_cut_ends_with_the_model_of_one_that_is_not_and_it_codes_exactly(
    data: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    whole, parts = tmp_path / "whole", tmp_path / "parts"
    learn = Loop._learn

    def cut_after_three_steps(self: Loop) -> None:
        learn(self)
        if self.steps == 3 and self.state.name.startswith("adapted"):
            raise Cut

    assert run(data, whole, "--without-base").exit_code == 0
    with monkeypatch.context() as patch:
        patch.setattr(Loop, "_learn", cut_after_three_steps)
        with pytest.raises(Cut):
            run(data, parts, "--without-base")
    result = run(data, parts, "--without-base")
    assert result.exit_code == 0, result.output
    for name in ("adapted", "residual"):
        files = [(folder / f"{name}.safetensors").read_bytes() for folder in (whole, parts)]
        assert files[0] == files[1]
    card = (parts / "card.md").read_text()
    assert "without base pictures" in card
    assert "recipe residual --effort fast --without-base --rehearse" in card
    assert sorted(json.loads((parts / "run.json").read_text())["done"]) == [
        "adapted",
        "plain",
        "residual",
        "validation",
    ]
    _codes_exactly(whole / "residual.safetensors")
    _exports_the_same(whole, tmp_path / "model.safetensors")
    _goes_on_from_its_weights(data, whole, tmp_path / "next")


def _codes_exactly(path: Path) -> None:
    model, samples = CODER.load(load_file(path)), drawn(5)[:70, :90]
    made = Example(samples, Grounds(None).under(samples))
    tiles, ground = coded(made, model), Ground(3, made.quantiser, made.base)
    tiling = Tiling(*samples.shape[:2], *CODER.choose_tile(*samples.shape[:2]))
    assert np.array_equal(decode_residual(tiles, ground, {CODER.architecture: model}, tiling), samples)


def _exports_the_same(folder: Path, out: Path) -> None:
    given = [str(folder / "adapted.safetensors"), "--design", "fast", "--prefix", "fast", "--out", str(out)]
    assert CliRunner().invoke(main, ["export-adaptive", *given]).exit_code == 0
    assert out.read_bytes() == (folder / "residual.safetensors").read_bytes()


def _goes_on_from_its_weights(data: Path, folder: Path, out: Path) -> None:
    start = "--start", str(folder / "adapted.safetensors")
    result = run(data, out, *start)
    assert result.exit_code == 0, result.output
    found = json.loads((out / "run.json").read_text())["done"]
    assert list(found) == ["adapted", "residual", "validation"]
    assert set(found["validation"]["figures"]["as they are"]) == {"own", "shipped"}
    result = run(data, folder.parent / "other", *start, "--effort", "best")
    assert result.exit_code == 1
    assert result.stderr == (
        "hybridcodec.train: weights to start from: found the networks fast, expected one of best\n"
    )


def test_base2_has_no_such_options(data: Path, tmp_path: Path) -> None:
    given = ["recipe", "base2", "--steps", "3", "4", "--data", str(data), "--out", str(tmp_path / "out")]
    result = CliRunner().invoke(main, given)
    assert result.exit_code == 1
    assert "has no --effort" in result.stderr


def test_steps_end_both_stages_in_the_place_of_the_clock() -> None:
    recipe = Choice("residual", Effort.BEST, steps=(30, 40)).recipe()
    paces = {stage.name: stage.pace for stage in recipe.stages if isinstance(stage, TrainResidual)}
    assert {name: pace.steps for name, pace in paces.items()} == {"plain": 30, "adapted": 40}
    assert math.isinf(paces["adapted"].leap)
    (adapted,) = (s for s in Choice("residual", started=True).recipe().stages if isinstance(s, TrainResidual))
    assert (adapted.name, adapted.after, adapted.pace.steps) == ("adapted", "", 0)

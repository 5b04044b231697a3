"""Bad input of the training commands: one line that says what is wrong, before any work that would be lost."""

from pathlib import Path

import numpy as np
import pytest
from click.testing import CliRunner, Result
from PIL import Image

from hybridcodec.train.group import main

EXPORTS = ["export-variable", "export-texture"]


def pictures(folder: Path, count: int = 2) -> Path:
    folder.mkdir()
    for number in range(count):
        Image.fromarray(np.full((192, 192, 3), number, np.uint8)).save(folder / f"{number}.png")
    return folder


def export(command: str, folder: Path, data: Path, out: str = "out") -> Result:
    checkpoint = folder / "run.safetensors"
    checkpoint.write_bytes(b"hello")
    return CliRunner().invoke(main, [command, str(checkpoint), "--data", str(data), "--out", str(folder / out)])


@pytest.mark.parametrize("command", EXPORTS)
def test_a_folder_without_pictures_gives_one_line(tmp_path: Path, command: str) -> None:
    result = export(command, tmp_path, pictures(tmp_path / "few", 0))
    assert result.exit_code == 1
    assert result.stderr.count("\n") == 1
    assert "found 0 pictures" in result.stderr


@pytest.mark.parametrize("command", EXPORTS)
@pytest.mark.parametrize("damage", ["empty", "text", "cut"])
def test_a_file_that_is_no_picture_is_named_in_one_line(tmp_path: Path, command: str, damage: str) -> None:
    data = pictures(tmp_path / "pictures", 14)
    odd = data / "3.png"
    odd.write_bytes({"empty": b"", "text": b"hello", "cut": odd.read_bytes()[:60]}[damage])
    result = export(command, tmp_path, data)
    assert result.exit_code == 1
    assert result.stderr.count("\n") == 1
    assert str(odd) in result.stderr


@pytest.mark.parametrize("command", EXPORTS)
def test_an_unwritable_place_is_refused_before_the_work(tmp_path: Path, command: str) -> None:
    result = export(command, tmp_path, pictures(tmp_path / "pictures"), "nowhere/out")
    assert result.exit_code == 2
    assert "nowhere" in result.stderr


@pytest.mark.parametrize("recipe", ["base2", "residual"])
def test_a_recipe_whose_folder_cannot_be_made_says_so_in_one_line(tmp_path: Path, recipe: str) -> None:
    data = pictures(tmp_path / "pictures", 14)
    out = data / "0.png" / "out"
    result = CliRunner().invoke(main, ["recipe", recipe, "--rehearse", "--data", str(data), "--out", str(out)])
    assert result.exit_code == 1
    assert result.stderr.count("\n") == 1
    assert str(out.parent) in result.stderr


def test_weights_to_start_from_that_are_not_there_are_refused(tmp_path: Path) -> None:
    given = ["--data", str(pictures(tmp_path / "pictures")), "--out", str(tmp_path / "out")]
    result = CliRunner().invoke(main, ["recipe", "base2", *given, "--start", str(tmp_path / "missing")])
    assert result.exit_code == 2
    assert "missing" in result.stderr


@pytest.mark.parametrize("command", ["export-adaptive", *EXPORTS])
def test_what_is_no_checkpoint_is_named_in_one_line(tmp_path: Path, command: str) -> None:
    checkpoint, data = tmp_path / "run.safetensors", pictures(tmp_path / "pictures", 14)
    checkpoint.write_bytes(b"hello")
    more = ["--design", "fast", "--prefix", "fast"] if command == "export-adaptive" else ["--data", str(data)]
    result = CliRunner().invoke(main, [command, str(checkpoint), *more, "--out", str(tmp_path / "out")])
    assert result.exit_code == 1
    assert result.stderr.count("\n") == 1
    assert str(checkpoint) in result.stderr
    assert not (tmp_path / "out").exists()


@pytest.mark.parametrize(
    "line", ["nope", "--nope", "recipe", "recipe nope", "recipe base2 --hours 0", "export-texture"]
)
def test_a_wrong_command_line_is_answered_in_one_line(line: str) -> None:
    result = CliRunner().invoke(main, line.split())
    assert result.exit_code == 2
    assert result.stderr.count("\n") == 1
    assert "--help says more" in result.stderr

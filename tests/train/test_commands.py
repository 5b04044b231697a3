"""Bad input of the training commands: one line that says what is wrong, before any work that would be lost."""

from pathlib import Path

import numpy as np
import pytest
from click.testing import CliRunner, Result
from PIL import Image

from hybridcodec.train.group import main

COMMANDS = ["base", "residual"]


def pictures(folder: Path, count: int = 2) -> Path:
    folder.mkdir()
    for number in range(count):
        Image.fromarray(np.full((192, 192, 3), number, np.uint8)).save(folder / f"{number}.png")
    return folder


def run(command: str, data: Path, out: Path, *options: str) -> Result:
    return CliRunner().invoke(main, [command, "--data", str(data), "--out", str(out), *options])


@pytest.mark.parametrize("command", COMMANDS)
def test_a_folder_without_pictures_gives_one_line(tmp_path: Path, command: str) -> None:
    result = run(command, pictures(tmp_path / "few", 0), tmp_path / "out")
    assert result.exit_code == 1
    assert result.stderr.count("\n") == 1
    assert "found 0 pictures" in result.stderr


@pytest.mark.parametrize("command", COMMANDS)
@pytest.mark.parametrize("damage", ["empty", "text", "cut"])
def test_a_file_that_is_no_picture_is_named_in_one_line(tmp_path: Path, command: str, damage: str) -> None:
    data = pictures(tmp_path / "pictures", 14)
    odd = data / "3.png"
    odd.write_bytes({"empty": b"", "text": b"hello", "cut": odd.read_bytes()[:60]}[damage])
    result = run(command, data, tmp_path / "out")
    assert result.exit_code == 1
    assert result.stderr.count("\n") == 1
    assert str(odd) in result.stderr


@pytest.mark.parametrize("command", COMMANDS)
def test_an_unwritable_place_is_refused_before_the_work(tmp_path: Path, command: str) -> None:
    result = run(command, pictures(tmp_path / "pictures"), tmp_path / "nowhere" / "out")
    assert result.exit_code == 2
    assert "nowhere" in result.stderr


@pytest.mark.parametrize("option", ["--start", "--base"])
def test_a_file_to_start_from_that_is_not_there_is_refused(tmp_path: Path, option: str) -> None:
    result = run("residual", pictures(tmp_path / "pictures"), tmp_path / "out", option, str(tmp_path / "missing"))
    assert result.exit_code == 2
    assert "missing" in result.stderr


def test_what_is_no_checkpoint_is_named_in_one_line(tmp_path: Path) -> None:
    checkpoint = tmp_path / "run.safetensors"
    checkpoint.write_bytes(b"hello")
    result = CliRunner().invoke(main, ["export-residual", str(checkpoint), "--out", str(tmp_path / "out")])
    assert result.exit_code == 1
    assert result.stderr.count("\n") == 1
    assert str(checkpoint) in result.stderr
    assert not (tmp_path / "out").exists()


@pytest.mark.parametrize("line", ["nope", "--nope", "recipe", "recipe nope", "recipe base2 --hours 0", "export"])
def test_a_wrong_command_line_is_answered_in_one_line(line: str) -> None:
    result = CliRunner().invoke(main, line.split())
    assert result.exit_code == 2
    assert result.stderr.count("\n") == 1
    assert "--help says more" in result.stderr


def test_alterations_below_zero_are_refused(tmp_path: Path) -> None:
    assert run("residual", pictures(tmp_path / "pictures"), tmp_path / "out", "--alterations", "-1").exit_code == 2

"""The sheet of squares: one row a picture, four squares a row; words that are no place are one line."""

from pathlib import Path

import numpy as np
import pytest
from click.testing import CliRunner
from PIL import Image

from benchmarks.crops import GAP, main


def picture(path: Path) -> Path:
    y, x = np.mgrid[:64, :80]
    samples = np.stack([(x * 3) % 256, (y * 3) % 256, (x + y) % 256], 2).astype(np.uint8)
    Image.fromarray(samples).save(path)
    return path


def test_a_sheet_has_a_row_for_every_square(tmp_path: Path) -> None:
    pytest.importorskip("imagecodecs", reason="the extra `benchmark` is not installed")
    path, sheet = str(picture(tmp_path / "a.png")), tmp_path / "sheet.webp"
    words = [str(sheet), path, "0,0", path, "40,16", "--edge", "32", "--rate", "0.8"]
    result = CliRunner().invoke(main, words)
    assert result.exit_code == 0, result.output
    assert result.output.count("a.png: ") == 2
    found = np.array(Image.open(sheet))
    assert found.shape == (2 * 32 + GAP, 4 * 32 + 3 * GAP, 3)
    assert np.array_equal(found[32 + GAP :, :32], np.array(Image.open(path))[16:48, 40:72])


@pytest.mark.parametrize("words", [["a.png"], ["a.png", "here"], ["a.png", "1"]])
def test_what_is_no_place_is_said(words: list[str], tmp_path: Path) -> None:
    result = CliRunner().invoke(main, [str(tmp_path / "sheet.webp"), *words])
    assert result.exit_code == 2
    assert "expected" in result.output


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (("none.png", "0,0"), "none.png: "),
        (("a.png", "50,0"), "a.png: no square of 32 in colour at 50,0: the picture is 80x64"),
        (("empty.png", "0,0"), "empty.png: "),
    ],
)
def test_pictures_that_are_not_there_or_too_small_are_one_line(
    words: tuple[str, str], said: str, tmp_path: Path
) -> None:
    picture(tmp_path / "a.png")
    (tmp_path / "empty.png").touch()
    sheet = tmp_path / "sheet.webp"
    result = CliRunner().invoke(main, [str(sheet), str(tmp_path / words[0]), words[1], "--edge", "32"])
    assert (result.exit_code, result.output.count("\n"), sheet.exists()) == (1, 1, False)
    assert said in result.output


def test_a_sheet_that_cannot_be_written_is_one_line(tmp_path: Path) -> None:
    pytest.importorskip("imagecodecs", reason="the extra `benchmark` is not installed")
    words = [str(tmp_path / "none" / "sheet.webp"), str(picture(tmp_path / "a.png")), "0,0", "--edge", "32"]
    result = CliRunner().invoke(main, [*words, "--rate", "0.8"])
    assert (result.exit_code, result.output.count("\n")) == (1, 1)
    assert "cannot be written" in result.output

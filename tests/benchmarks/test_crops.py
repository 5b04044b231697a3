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

"""The comparison of documents by class, on small pictures."""

from pathlib import Path

import numpy as np
import pytest
from click.testing import CliRunner
from PIL import Image

from benchmarks import documents
from benchmarks.documents import Class, Row, colours, missed
from hybridcodec.image import Picture
from hybridcodec.sources import read_document


def screen() -> Image.Image:
    samples = np.full((30, 40, 3), 240, np.uint8)
    samples[5:20, 8:30] = (10, 60, 200)
    return Image.fromarray(samples)


@pytest.fixture
def data(tmp_path: Path) -> Path:
    """A folder of two screens, one of them with a palette."""
    folder = tmp_path / "data" / "documents" / "screens"
    folder.mkdir(parents=True)
    screen().save(folder / "a.png")
    screen().quantize(8).save(folder / "b.png")
    (folder / "SOURCES.md").write_text("none")
    return tmp_path / "data"


def test_a_class_is_measured_and_every_codec_is_exact(data: Path, tmp_path: Path) -> None:
    pytest.importorskip("imagecodecs")
    out = tmp_path / "out.json"
    found = CliRunner().invoke(documents.main, [str(data), "--without", "jxl9", "--json", str(out)])
    assert found.exit_code == 0, found.output
    assert "screens, 2 files" in found.output
    assert "NO" not in found.output
    assert "WebP" in out.read_text()
    assert "effort 9" not in out.read_text()


def test_pages_are_measured_with_matching_and_without(tmp_path: Path) -> None:
    pytest.importorskip("imagecodecs")
    folder = tmp_path / "documents" / "bilevel"
    folder.mkdir(parents=True)
    page = np.zeros((40, 70), bool)
    page[8:20:3, 5:60:7] = True
    Image.fromarray(page).save(folder / "page.tif", compression="group4")
    found = CliRunner().invoke(documents.main, [str(tmp_path), "--class", "bilevel", "--without", "jxl9"])
    assert found.exit_code == 0, found.output
    assert "NO" not in found.output
    assert "matching allowed" in found.output
    assert "group 4" in found.output


def test_others_get_the_colours_of_a_palette(data: Path) -> None:
    picture = read_document(data / "documents" / "screens" / "b.png").pictures[0]
    assert picture.kind.palette is not None
    assert np.array_equal(colours(picture), np.asarray(screen()))


def test_gray_of_few_bits_is_spread_and_full_opacity_left_out() -> None:
    assert colours(Picture.of(np.array([[False, True]]))).tolist() == [[0, 255]]
    opaque = np.full((2, 3, 4), 255, np.uint8)
    assert colours(Picture.of(opaque)).shape == (2, 3, 3)
    with pytest.raises(ValueError, match="16-bit gray"):
        colours(Picture.of(np.zeros((2, 2), np.uint16)))


def test_missed_bars_are_named() -> None:
    wanted = Class(("webp",), 100, 1.0, "webp")
    own, webp = Row("ours", (90, 20), 3.0, 1.0, exact=True), Row("WebP", (80, 40), 1.0, 1.0, exact=True)
    assert missed(wanted, own, {"webp": webp}, 2_000_000) == [
        "110 bytes, expected at most 100",
        "1 files are larger than by WebP",
        "encoding: 1.5 s a million samples",
    ]

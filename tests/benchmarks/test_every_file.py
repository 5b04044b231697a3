"""The table of every file: what is exact, what is refused and why, what is a fault; and that it goes on."""

import io
import json
from dataclasses import asdict, replace
from pathlib import Path

import numpy as np
import pytest
from click.testing import CliRunner
from PIL import Image

from benchmarks import every_file
from benchmarks.every_file import Line, line_of, reasons, row

LINE = Line("data/some", "a.png", 3000, 1000, 1000, 1, "exact", "", 0.1)


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """A picture, a picture with a note, and a text."""
    path = tmp_path / "some"
    path.mkdir()
    stream = io.BytesIO()
    Image.fromarray(np.arange(64, dtype=np.uint8).reshape(8, 8)).save(stream, "PNG")
    (path / "a.png").write_bytes(stream.getvalue())
    (path / "b.txt").write_text("no picture\n" * 5)
    return path


def test_a_picture_is_exact_both_ways_and_a_text_is_kept_and_refused_with_the_reason(folder: Path) -> None:
    for twice in (False, True):
        picture = line_of(folder, folder / "a.png", twice=twice)
        assert (picture.name, picture.pictures, picture.content, picture.wrong) == ("a.png", 1, "exact", "")
    text = line_of(folder, folder / "b.txt", twice=False)
    assert text.wrong == ""
    assert text.content.startswith("refused: not a picture that this version knows")


def test_a_row_counts_and_names_the_largest_growth() -> None:
    refused = replace(LINE, name="b", content="refused: junk", kept_bytes=3500)
    lines = [LINE, refused, replace(LINE, name="c", fault="differs", content="")]
    assert row(lines) == ("data/some", "3", "2", "1", "1", "1", "9,000", "5,500", "500")


def test_a_file_that_grows_by_more_than_a_kilobyte_is_a_fault() -> None:
    assert replace(LINE, kept_bytes=4024).wrong == ""
    assert replace(LINE, kept_bytes=4025).wrong == "1,025 bytes larger"


def test_reasons_that_differ_in_numbers_and_names_are_one() -> None:
    found = ("the tag 'IDAT' at byte 1,033 is wrong", "the tag 'iCCP' at byte 7 is wrong", "a GIF")
    lines = [replace(LINE, content=f"refused: {reason}") for reason in found]
    assert reasons(lines) == [(found[0], "2"), ("a GIF", "1")]


def test_it_goes_on_where_it_was_stopped_and_fails_at_a_fault(folder: Path, tmp_path: Path) -> None:
    found = tmp_path / "found.jsonl"
    known = [
        replace(LINE, folder=f"{tmp_path.name}/some", name=name, fault=fault)
        for name, fault in (("a.png", ""), ("b.txt", "differs"))
    ]
    found.write_text("".join(json.dumps(asdict(line)) + "\n" for line in known))
    done = CliRunner().invoke(every_file.main, [str(folder), "--found", str(found), "--jobs", "1"])
    assert done.exit_code == 1
    assert "some/b.txt: differs" in done.output
    assert len(found.read_text().splitlines()) == 2

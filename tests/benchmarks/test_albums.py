"""The benchmark of long files: the same file for a seed, and bars that fail."""

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from benchmarks.albums import MOST_MORE_MB, Kind, Run, Step, missed
from benchmarks.albums_made import write_frames, write_pages
from hybridcodec.sources import read_document

STEP = Step(seconds=0.5, cpu_s=0.5, peak_mb=200.0)
SHORT = Run(1_000_000, 500_000, STEP, STEP, STEP, STEP, same=True)
LONG = replace(SHORT, source_bytes=10_000_000, kept_bytes=5_000_000)
PAGES = Kind("pages", ".tif", write_pages, 200, 150, timed=True)


def test_pages_are_the_same_for_a_seed_and_differ_from_each_other(tmp_path: Path) -> None:
    for name in ("a.tif", "b.tif"):
        write_pages(tmp_path / name, 2, dpi=50)
    assert (tmp_path / "a.tif").read_bytes() == (tmp_path / "b.tif").read_bytes()
    first, second = read_document((tmp_path / "a.tif").read_bytes()).pictures
    assert first.kind.bit_depth == 1
    assert first.samples.shape == second.samples.shape == (584, 413, 1)
    assert not np.array_equal(first.samples, second.samples)


def test_frames_are_twelve_bits_and_move(tmp_path: Path) -> None:
    pytest.importorskip("pydicom")
    write_frames(tmp_path / "a.dcm", 3, side=16)
    pictures = read_document((tmp_path / "a.dcm").read_bytes()).pictures
    assert [picture.samples.shape for picture in pictures] == [(16, 16, 1)] * 3
    assert pictures[0].kind.bit_depth == 12
    assert not np.array_equal(pictures[0].samples, pictures[2].samples)


def test_memory_may_grow_by_the_files_and_no_more_than_is_said() -> None:
    assert missed(PAGES, SHORT, replace(LONG, verify=replace(STEP, peak_mb=200 + 13.5 + MOST_MORE_MB))) == []
    found = missed(PAGES, SHORT, replace(LONG, verify=replace(STEP, peak_mb=215 + MOST_MORE_MB)))
    assert found == ["pages, verify: 79 MB more than for a tenth of it, expected at most 78"]


def test_a_page_alone_has_a_second_and_a_frame_has_no_bar() -> None:
    slow = replace(LONG, alone=replace(STEP, seconds=1.0))
    assert missed(PAGES, SHORT, slow) == ["pages: 1.00 s for one alone, expected less than 1.0"]
    assert missed(replace(PAGES, timed=False), SHORT, slow) == []


def test_something_else_that_comes_back_is_said() -> None:
    assert missed(PAGES, replace(SHORT, same=False), LONG) == ["pages: something else came back"]

"""Modalities are judged by means of their files, each by its own bar."""

import math

from benchmarks.medical import Measured, judged


def file(modality: str, ours: float, other: float, decode_s: float = 1.0, *, exact: bool = True) -> Measured:
    bits = {"ours": ours, "jxl7": other, "jxl9": other, "jpegls": math.nan}
    return Measured(f"{modality.lower()}.dcm", modality, 1000, bits, 2.0, decode_s, exact)


def test_what_meets_its_bar_is_not_broken() -> None:
    tables, broken = judged([file("CT", 4.0, 5.0), file("CT", 5.0, 5.0), file("NM", 0.99, 1.0)])
    assert broken == []
    assert [row[-1] for row in tables[1].rows] == ["goal", "must"]
    assert [row[2] for row in tables[1].rows] == ["0.900", "0.990"]


def test_what_does_not_is_named() -> None:
    _, broken = judged([file("MR", 0.97, 1.0), file("US", 1.01, 1.0), file("XA", 0.5, 1.0, 13.0)])
    assert [line.split(":")[0] for line in broken] == ["MR", "US", "XA"]


def test_files_that_are_not_exact_are_named() -> None:
    assert judged([file("DX", 0.5, 1.0, exact=False)])[1] == ["dx.dcm is not exact"]


def test_modalities_without_a_bar_have_sizes_alone() -> None:
    tables, broken = judged([file("OT", 9.0, 1.0, 99.0), file("CT", 0.5, 1.0)])
    assert broken == []
    assert [[row[0] for row in table.rows] for table in tables] == [["CT", "OT"], ["CT"]]

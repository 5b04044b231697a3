"""CSV that a spreadsheet opens: names stay names, numbers stay numbers."""

import csv

import pytest

from hybridcodec.cli.csv_lines import csv_line

FORMULAS = ["=1+1", "+1", "-1", "@SUM(A1)", "\t=1", "\r=1", "\n=1", "  =1", "\uff1d1", '=HYPERLINK("x","y")', "-"]


def cells(line: str) -> list[str]:
    return next(csv.reader([line]))


@pytest.mark.parametrize("text", FORMULAS)
def test_text_that_would_be_a_formula_begins_with_an_apostrophe(text: str) -> None:
    (cell,) = cells(csv_line([text]))
    assert cell.startswith("'")
    assert "\n" not in cell
    assert "\r" not in cell


@pytest.mark.parametrize("text", [*FORMULAS, "plain", "a=b", "a,b", 'a"b', "'quoted'", ""])
def test_raw_text_is_what_it_is(text: str) -> None:
    line = csv_line([text, "end"], raw=True)
    assert list(csv.reader([line] if "\n" not in text and "\r" not in text else line.splitlines(True)))[-1][-1] == "end"
    assert "'=" not in line
    if text.isprintable():
        assert cells(line) == [text, "end"]


def test_numbers_lists_and_what_is_unknown() -> None:
    assert cells(csv_line([-3, 2.5, True, None, ["a"], {"b": 1}])) == ["-3", "2.5", "true", "", '["a"]', '{"b": 1}']
    assert csv_line(["a=b", "a\x1b[1m\u202e", "\udcff"]) == "a=b,a\\x1b[1m\\u202e,\\udcff"

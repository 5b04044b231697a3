"""Names that steer a terminal, forge a line or reverse the reading direction are shown as what they are."""

import pytest

from hybridcodec.display import shown

CASES = [
    ("plain name.png", "plain name.png"),
    ("grün 図 é.png", "grün 図 é.png"),
    ("a\x1b[31mred.png", "a\\x1b[31mred.png"),
    ("a\x1b]0;title\x07.png", "a\\x1b]0;title\\x07.png"),
    ("a\nhybridcodec: b.png: ok", "a\\nhybridcodec: b.png: ok"),
    ("a\r\tb\x00\x7f", "a\\r\\tb\\x00\\x7f"),
    ("c1\x9b31m\x85", "c1\\x9b31m\\x85"),
    ("\u202egnp.exe\u2066\u200f", "\\u202egnp.exe\\u2066\\u200f"),
    ("zero\u200bwidth\ufeff\u2028\u2029", "zero\\u200bwidth\\ufeff\\u2028\\u2029"),
    ("no unicode \udcff\ud800", "no unicode \\udcff\\ud800"),
    ("\U000e0041 tag", "\\U000e0041 tag"),
]


@pytest.mark.parametrize(("text", "expected"), CASES)
def test_what_cannot_be_seen_is_escaped(text: str, expected: str) -> None:
    assert shown(text) == expected
    assert shown(shown(text)) == expected

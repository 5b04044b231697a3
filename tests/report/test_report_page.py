"""A report says what its ledger says, in one page that needs nothing else and that no file name can break."""

import base64
import hashlib
import json
import re
import subprocess
import sys
from dataclasses import replace
from html.parser import HTMLParser
from pathlib import Path
from typing import Any

import pytest
from report_ledgers import HOSTILE, flagged, proven, write_ledger

from hybridcodec.pipeline.ledger import ledger_path
from hybridcodec.proof.flags import Flag, FlagKind, Verdict
from hybridcodec.report import build_page, write_report
from hybridcodec.report import page as page_module


class Elements(HTMLParser):
    """Every start tag, and the text of scripts and styles."""

    def __init__(self, page: str) -> None:
        super().__init__()
        self.tags: list[tuple[str, dict[str, str | None]]] = []
        self.raw: dict[str, str] = {}
        self.feed(page)
        self.close()

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append((tag, dict(attrs)))

    def handle_data(self, data: str) -> None:
        tag, attributes = self.tags[-1] if self.tags else ("", {})
        if tag in ("script", "style"):
            self.raw.setdefault(attributes.get("id") or tag, data)


@pytest.fixture(scope="module")
def page(ledger: Path) -> str:
    return build_page(ledger).page


@pytest.fixture(scope="module")
def elements(page: str) -> Elements:
    return Elements(page)


def data_of(elements: Elements) -> dict[str, Any]:
    found: dict[str, Any] = json.loads(elements.raw["data"])
    return found


def test_ledger_in_a_folder_of_a_nasty_name_has_a_report(tmp_path: Path) -> None:
    nasty = tmp_path / "a\udcff\x1b[1m\u202e<b>"
    ledger = write_ledger(nasty / "ledger.sqlite", [flagged(nasty / "evidence")])
    for path in (nasty / "evidence").iterdir():
        path.unlink()
    write_report(ledger, tmp_path / "page.html")
    page = (tmp_path / "page.html").read_text("utf-8")
    assert "no pictures: they were kept with the ledger, but are gone" in page
    assert not {"\x1b", "\u202e", "\x9b"} & set(page)
    assert "<b>" not in page


def test_policy_allows_this_script_and_style_and_nothing_from_elsewhere(elements: Elements) -> None:
    (policy,) = (a["content"] for t, a in elements.tags if a.get("http-equiv") == "Content-Security-Policy")
    assert policy is not None
    allowed = dict(part.strip().split(" ", 1) for part in policy.split(";"))
    assert allowed["default-src"] == "'none'"
    assert (allowed["img-src"], allowed["base-uri"], allowed["form-action"]) == ("data:", "'none'", "'none'")
    for element in ("script", "style"):
        digest = base64.b64encode(hashlib.sha256(elements.raw[element].encode()).digest()).decode()
        assert allowed[f"{element}-src"] == f"'sha256-{digest}'"


def test_page_has_no_address_no_inline_handler_and_no_inline_style(elements: Elements) -> None:
    assert not [(t, n) for t, a in elements.tags for n in a if n.startswith("on") or n == "style" or n == "src"]
    assert {a["href"][0] for _, a in elements.tags if a.get("href")} == {"#", "d"}  # within the page, and data:
    assert "innerHTML" not in elements.raw["script"]


def test_names_and_messages_are_never_markup(page: str, elements: Elements) -> None:
    assert "<img src=x" not in page
    assert len([tag for tag, _ in elements.tags if tag == "script"]) == 2
    data = data_of(elements)
    outputs = [row[data["columns"].index("output")] for row in data["rows"]]
    assert HOSTILE in outputs
    assert "photo_\\u202egnp.hyc" in outputs


def test_numbers_on_the_page_are_those_of_the_ledger(page: str, elements: Elements) -> None:
    words = re.sub(r"<[^>]+>", " ", page[: page.index('<script type="application/json"')])
    assert re.search(r"2 flagged and 1 failed of 253 files; 250 are proven", words)
    data = data_of(elements)
    assert len(data["rows"]) == 253
    verdict = data["columns"].index("verdict")
    assert [row[verdict] for row in data["rows"][:4]] == [1, 1, 2, 0]
    assert "Throughput over time" in words
    assert "megapixels a second and" in words


def test_statement_says_what_is_not_proven(page: str) -> None:
    words = " ".join(page.split())
    for said in (
        "not a medical device",
        "nobody has certified it",
        "BSI TR-03138 (RESISCAN)",
        "even where it is lossless",
    ):
        assert said in words


def test_flag_shows_its_pictures_or_says_why_there_are_none(elements: Elements) -> None:
    data = data_of(elements)
    output = data["columns"].index("output")
    found = {data["rows"][int(number)][output]: pictures for number, pictures in data["pictures"].items()}
    assert "gone or unreadable" in found["gone.hyc"]
    assert "no flag of this file is about samples" in found["odd.hyc"]
    shown = found["wrong.hyc"]
    assert (shown["box"], shown["gain"]) == ([50, 30, 6, 4], 51)
    x, y, width, height = shown["crop"]
    assert x <= 50 < 56 <= x + width
    assert y <= 30 < 34 <= y + height
    assert all(shown[part].startswith("data:image/") for part in ("original", "decoded", "whole"))


def test_evidence_of_a_name_that_leaves_its_folder_is_not_read(tmp_path: Path) -> None:
    record = replace(flagged(tmp_path / "elsewhere"), evidence="../../elsewhere/secret")
    report = build_page(write_ledger(ledger_path(tmp_path / "out"), [record]))
    assert report.pictures == 0


def test_page_stays_small_and_says_what_is_left_out(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    wrong = replace(proven(9999), verdict=Verdict.FLAGGED, flags=(Flag(FlagKind.CRASH, "killed " * 1000),))
    path = write_ledger(tmp_path / "ledger.sqlite", [*(proven(number) for number in range(60)), wrong])
    monkeypatch.setattr(page_module, "ROW_BYTES", 20_000)
    report = build_page(path)
    assert 10 < report.rows < 60
    assert report.rows + report.left_out == 61
    assert f"{report.left_out} records are left out" in report.page
    assert "killed killed" in report.page
    assert len(report.page) < 90_000  # the viewer is a third of it


def test_pictures_beyond_the_limit_are_named_instead(ledger: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(page_module, "PICTURE_BYTES", 100)
    report = build_page(ledger)
    assert report.pictures == 0
    assert "lie beside the ledger" in report.page


def test_empty_ledger_proves_nothing(tmp_path: Path) -> None:
    report = build_page(write_ledger(tmp_path / "ledger.sqlite", []))
    assert "nothing is proven" in report.page
    assert data_of(Elements(report.page))["rows"] == []


def test_altered_row_is_said_on_the_page_and_the_rest_is_shown(tmp_path: Path) -> None:
    import sqlite3

    path = write_ledger(tmp_path / "ledger.sqlite", [proven(number) for number in range(150)])
    connection = sqlite3.connect(path)
    connection.execute("UPDATE files SET worst_error = 3 WHERE output <> 'scan 7.hyc'")
    connection.commit()
    connection.close()
    report = write_report(path, tmp_path / "report.html")
    assert (report.rows, len(report.altered)) == (1, 149)
    assert "149 rows of the ledger are not what was written" in report.page
    assert "and 49 more" in report.page
    assert "All 1 files are proven" not in report.page


def test_command_writes_the_page_and_overwrites_only_when_told(ledger: Path, tmp_path: Path) -> None:
    target = tmp_path / "report.html"
    command = [sys.executable, "-m", "hybridcodec", "report", str(ledger.parent.parent), str(target)]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    assert (done.returncode, done.stderr) == (0, "")
    assert done.stdout.endswith("253 records, pictures of 1 differences\n")
    assert target.read_text().startswith("<!doctype html>")
    again = subprocess.run(command, capture_output=True, text=True, check=False)
    assert again.returncode == 1
    assert "exists already" in again.stderr
    missing = subprocess.run([*command[:4], str(tmp_path), "-"], capture_output=True, text=True, check=False)
    assert missing.returncode == 1
    assert "no ledger here" in missing.stderr

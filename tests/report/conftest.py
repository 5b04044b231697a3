"""A small ledger with everything in it that a report must cope with, and a headless browser."""

import shutil
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from report_ledgers import HOSTILE, REVERSED, flagged, proven, write_ledger

from hybridcodec.pipeline.evidence import EVIDENCE_FOLDER
from hybridcodec.pipeline.ledger import ledger_path
from hybridcodec.proof.flags import Flag, FlagKind, Verdict

FLAGS = (
    "--headless=new", "--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run",
    "--disable-background-networking", "--disable-component-update", "--disable-sync", "--disable-dev-shm-usage",
)  # fmt: skip


@pytest.fixture(scope="session")
def ledger(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """250 proven files, one of them with a hostile name, one flagged with evidence, one without, one failed."""
    path = ledger_path(tmp_path_factory.mktemp("out"))
    wrong = flagged(path.parent / EVIDENCE_FOLDER)
    gone = replace(wrong, output="gone.hyc", source="/in/gone.png", evidence="0123456789abcdef")
    unread = Flag(FlagKind.SOURCE_UNREADABLE, "not a <b>picture</b>")
    failed = replace(proven(0), source="/in/odd.txt", output="odd.hyc", verdict=Verdict.FAILED, flags=(unread,),
                     error="line one\n<i>line two</i>", output_bytes=None, width=None, height=None)  # fmt: skip
    records = [proven(number) for number in range(248)]
    records += [replace(proven(300), source="/in/x", output=HOSTILE), replace(proven(301), output=REVERSED)]
    return write_ledger(path, [*records, wrong, gone, failed])


@pytest.fixture(scope="session")
def browser(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Any]:
    webdriver = pytest.importorskip("selenium.webdriver", reason="the extra `browser` is not installed")
    programs = shutil.which("chromium"), shutil.which("chromedriver")
    if not all(programs):
        pytest.skip("chromium and chromedriver are not installed")
    options = webdriver.ChromeOptions()
    options.binary_location = programs[0]
    for flag in (*FLAGS, f"--user-data-dir={tmp_path_factory.mktemp('profile')}", "--window-size=1280,900"):
        options.add_argument(flag)
    options.set_capability("goog:loggingPrefs", {"browser": "ALL", "performance": "ALL"})
    browser = webdriver.Chrome(options, webdriver.ChromeService(programs[1]))
    yield browser
    browser.quit()

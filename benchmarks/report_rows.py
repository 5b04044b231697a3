"""How large the report of a long ledger is, and how fast a browser opens it.

    python -m benchmarks.report_rows --rows 10000 --json report.json

A made-up ledger, its report, and a headless Chromium (Debian's chromium and chromium-driver; the
extra `browser`). The time runs from the request to the table's rows being laid out and painted.
"""

import hashlib
import json
import tempfile
import time
from collections import Counter
from dataclasses import asdict, replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import click
import numpy as np

from benchmarks.machine import this_machine
from benchmarks.report import Table, about, show, write_section
from hybridcodec.image import Picture
from hybridcodec.pipeline.evidence import EVIDENCE_FOLDER, keep_evidence
from hybridcodec.pipeline.ledger import Ledger, ledger_path
from hybridcodec.pipeline.record import Record
from hybridcodec.proof.flags import Box, Flag, FlagKind, Verdict
from hybridcodec.report import write_report

FLAGGED_EVERY = 250
FAILED_EVERY = 997
_OPTIONS = (
    "--headless=new", "--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run",
    "--disable-background-networking", "--disable-component-update", "--disable-sync",
)  # fmt: skip
_MEASURE = """
const done = arguments[arguments.length - 1];
requestAnimationFrame(() => setTimeout(() => {
  const page = performance.getEntriesByType("navigation")[0];
  done({ready: page.domComplete, painted: performance.now(), rows: document.querySelectorAll("#rows > tr").length});
}));
"""


def make_ledger(folder: Path, count: int) -> Path:
    """Write a ledger of `count` made-up files, some of them flagged, with evidence; returns its path."""
    path = ledger_path(folder)
    path.parent.mkdir(parents=True)
    rng = np.random.default_rng(5)
    started = datetime(2026, 3, 2, 8, tzinfo=UTC)
    with Ledger.open(path, write=True) as ledger:
        run, counts = ledger.begin_run("archive-3", {"jobs": 2}), Counter[str]()
        for number in range(count):
            record = _record(number, started + timedelta(seconds=0.7 * number), rng)
            if number % FLAGGED_EVERY == 7:
                record = _flagged(record, path.parent / EVIDENCE_FOLDER, rng)
            elif number % FAILED_EVERY == 11:
                flag = Flag(FlagKind.SOURCE_UNSUPPORTED, "16-bit gray is not taken by this version")
                record = replace(record, verdict=Verdict.FAILED, flags=(flag,), output_bytes=None, output_hash="")
            ledger.write(record, run)
            counts[record.verdict.value] += 1
        ledger.end_run(run, counts)
        ledger.commit()
    return path


def _record(number: int, finished: datetime, rng: np.random.Generator) -> Record:
    def digest(what: str) -> str:
        return hashlib.sha256(f"{what} {number}".encode()).hexdigest()

    width, height = (int(side) for side in rng.integers(300, 3000, 2))
    name = f"collection {number % 17:02}/box {number // 100:04}/page {number:06}"
    return Record(
        source=f"/archive/incoming/{name}.tif",
        output=f"{name}.hyc",
        verdict=Verdict.PROVEN,
        profile="document",
        mode="lossless",
        settings=hashlib.sha256(b"settings").hexdigest(),
        source_bytes=width * height * 3,
        source_hash=digest("source"),
        source_samples=digest("samples"),
        output_bytes=int(width * height * rng.uniform(0.8, 1.6)),
        output_hash=digest("output"),
        base_samples=digest("base"),
        exact_samples=digest("samples"),
        width=width,
        height=height,
        channels=3,
        worst_error=0,
        models=(digest("model a")[:64], digest("model b")[:64]) if number == 0 else ("a" * 64, "b" * 64),
        versions={"hybridcodec": "1.0.0", "python": "3.11.2", "torch": "2.13.0"},
        host="archive-3",
        encoder=1000 + number % 2,
        verifier=1001 - number % 2,
        started=(finished - timedelta(seconds=2)).isoformat(timespec="milliseconds"),
        finished=finished.isoformat(timespec="milliseconds"),
        encode_seconds=float(rng.uniform(0.3, 3)),
        verify_seconds=float(rng.uniform(0.3, 3)),
    )


def _flagged(record: Record, folder: Path, rng: np.random.Generator) -> Record:
    assert record.width is not None
    assert record.height is not None
    rows, columns = np.mgrid[: record.height, : record.width]
    tones = (128 + 60 * np.sin(rows / 40) * np.cos(columns / 55))[..., None] + np.array([20, 0, -20])
    original = (tones + rng.integers(0, 12, tones.shape)).astype(np.uint8)
    y, x = (int(rng.integers(0, side - 60)) for side in (record.height, record.width))
    decoded = original.copy()
    decoded[y : y + 40, x : x + 60] += rng.integers(0, 9, (40, 60, 3)).astype(np.uint8)
    stem, crop = keep_evidence(
        folder, record.output, Picture.of(original), Picture.of(decoded), Box(x, y, 60, 40), (y, x, 0)
    )
    count = int((original != decoded).sum())
    detail = f"{count} of {original.size} samples differ by up to 8, first at row {y}, column {x}"
    flag = Flag(FlagKind.SAMPLES_DIFFER, detail, count, 8, (y, x, 0), Box(x, y, 60, 40))
    place = (crop.x, crop.y, crop.width, crop.height)
    return replace(record, verdict=Verdict.FLAGGED, flags=(flag,), worst_error=8, evidence=stem, crop=place)


def open_page(page: Path, profile: Path) -> dict[str, float]:
    """Open a page in a fresh browser and return milliseconds: until all is loaded, and until rows are painted."""
    from selenium import webdriver  # an extra of its own

    options = webdriver.ChromeOptions()
    options.binary_location = "/usr/bin/chromium"
    for argument in (*_OPTIONS, f"--user-data-dir={profile}", "--window-size=1280,900"):
        options.add_argument(argument)
    browser = webdriver.Chrome(options, webdriver.ChromeService("/usr/bin/chromedriver"))
    try:
        begun = time.perf_counter()
        browser.get(page.as_uri())
        found: dict[str, float] = browser.execute_async_script(_MEASURE)
        return found | {"outside": 1000 * (time.perf_counter() - begun)}
    finally:
        browser.quit()


@click.command()
@click.option("--rows", default=10_000, show_default=True, type=click.IntRange(1))
@click.option("--runs", default=3, show_default=True, type=click.IntRange(1), help="Fresh browsers.")
@click.option("--keep", type=click.Path(path_type=Path, dir_okay=False), help="Keep the page under this name.")
@click.option("--json", "json_file", type=click.Path(path_type=Path, dir_okay=False), help="Write the figures here.")
@click.option(
    "--results", "results_file", type=click.Path(path_type=Path, dir_okay=False), help="Markdown to put it in."
)
def main(rows: int, runs: int, keep: Path | None, json_file: Path | None, results_file: Path | None) -> None:
    """Make a report of so many rows and open it."""
    with tempfile.TemporaryDirectory() as made:
        folder = Path(made)
        ledger = make_ledger(folder / "out", rows)
        page = keep or folder / "report.html"
        begun = time.perf_counter()
        report = write_report(ledger, page, force=True)
        seconds, size = time.perf_counter() - begun, page.stat().st_size
        opened = [open_page(page, folder / f"profile{number}") for number in range(runs)]
    times = [found["painted"] / 1000 for found in opened]
    cells = (f"{report.rows:,}", str(report.pictures), f"{size / 1e6:.2f}", f"{seconds:.1f}",
             f"{sorted(times)[len(times) // 2]:.2f}", f"{max(times):.2f}")  # fmt: skip
    headings = ("rows", "differences shown", "MB", "s to make", "s to open, median", "s to open, worst")
    tables, machine = [Table("Report of a long ledger", headings, (cells,))], this_machine()
    notes = [about("report_rows", machine)]
    show(tables, notes)
    if json_file:
        facts: dict[str, Any] = {"machine": asdict(machine), "bytes": size, "seconds": seconds, "opened": opened}
        json_file.write_text(json.dumps(facts, indent=1) + "\n")
    if results_file:
        write_section(results_file, "report_rows", tables, notes)


if __name__ == "__main__":
    main()

"""The page itself: a ledger read once, its numbers as HTML, its rows as data for the script."""

from collections import defaultdict
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final

from hybridcodec.display import shown
from hybridcodec.pipeline.ledger import Ledger, find_ledger, now
from hybridcodec.pipeline.record import Record
from hybridcodec.pipeline.rows import Altered
from hybridcodec.pipeline.summary import Tally
from hybridcodec.proof.flags import Verdict
from hybridcodec.report import sections
from hybridcodec.report.chart import Moment, moment_of
from hybridcodec.report.evidence import Pictures, pictures_of
from hybridcodec.report.rows import Rows
from hybridcodec.report.sections import ModeSums
from hybridcodec.storage.targets import PAGE, require_target
from hybridcodec.view.page import write_page
from hybridcodec.view.template import filled, own_version
from hybridcodec.view.words import as_data_block, escaped

ROW_BYTES: Final = 9_000_000
PICTURE_BYTES: Final = 9_000_000
"""Together they keep a page under 20 MB, whatever the ledger holds."""


@dataclass(frozen=True)
class Report:
    """A page, and how much of the ledger is in it; rows that are not what was written are said and not in it."""

    page: str
    rows: int
    left_out: int
    pictures: int
    altered: tuple[Altered, ...] = ()


@dataclass
class _Reading:
    """What one pass over the ledger collects."""

    tally: Tally = field(default_factory=Tally)
    rows: Rows = field(default_factory=lambda: Rows(ROW_BYTES))
    modes: dict[str, ModeSums] = field(default_factory=lambda: defaultdict(ModeSums))
    moments: dict[int, list[Moment]] = field(default_factory=lambda: defaultdict(list))
    pictures: dict[int, dict[str, object] | str] = field(default_factory=dict)
    shown: int = 0
    picture_bytes: int = 0

    def take(self, record: Record, ledger: Path) -> None:
        """Add a record."""
        self.tally.add(record)
        moment = moment_of(record.finished, record.pixels)
        if moment is not None:
            self.moments[record.run].append(moment)
        if record.verdict is Verdict.PROVEN:
            self.modes[record.mode].add(record)
        if self.rows.add(record) and record.verdict is not Verdict.PROVEN:
            found = self._pictures(record, ledger)
            self.pictures[len(self.rows.lines) - 1] = shown(found) if isinstance(found, str) else found

    def _pictures(self, record: Record, ledger: Path) -> dict[str, object] | str:
        full = (
            f"no pictures: this page holds as many as fit; those of this file lie beside the ledger, {record.evidence}"
        )
        if self.picture_bytes > PICTURE_BYTES:
            return full
        found = pictures_of(record, ledger)
        if not isinstance(found, Pictures):
            return found
        self.picture_bytes += found.cost
        if self.picture_bytes > PICTURE_BYTES:
            return full
        self.shown += 1
        return found.to_dict()


def write_report(ledger: Path, target: Path, *, force: bool = False) -> Report:
    """Write the report of a ledger, which is a file or the destination folder of a pipeline, to `target`.

    Raises:
        InputError: there is no ledger, it cannot be read, or the target cannot be written.
        UnsupportedError: the ledger was written by a later version.
    """
    path = find_ledger(ledger)
    require_target(target, PAGE, force=force, source=path)
    report = build_page(path)
    write_page(target, report.page, force=force)
    return report


def build_page(path: Path) -> Report:
    """Return the report of the ledger in the file `path`.

    Raises:
        InputError: it cannot be read.
        UnsupportedError: it was written by a later version.
    """
    reading = _Reading()
    altered: list[Altered] = []
    with Ledger.open(path) as ledger:
        runs = ledger.runs(altered=altered.append)
        for record in ledger.records(worst_first=True, altered=altered.append):
            reading.take(record, path)
    summary = reading.tally.summary()
    parts = {
        "ledger": escaped(str(path)),
        "made": escaped(sections.time(now())),
        "version": escaped(own_version()),
        "headline": sections.headline(summary, altered),
        "figures": sections.figures(summary),
        "modes": sections.modes_table(reading.modes),
        "flags": sections.flags_table(summary),
        "charts": sections.charts(runs, reading.moments),
        "runs": sections.runs_table(runs),
        "left_out": sections.left_out(reading.rows.left_out),
        "data": _data(reading),
    }
    page = filled("hybridcodec.report", ("page.css",), ("rows.js", "page.js"), parts)
    return Report(page, len(reading.rows.lines), reading.rows.left_out, reading.shown, tuple(altered))


def _data(reading: _Reading) -> str:
    head = as_data_block(reading.rows.to_dict() | {"pictures": reading.pictures})
    rows = ",\n".join(line.replace("<", "\\u003c") for line in reading.rows.lines)
    return f'{head[:-1]},"rows":[\n{rows}]}}'

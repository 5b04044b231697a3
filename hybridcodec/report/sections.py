"""Sections of the page that are numbers: what a ledger amounts to, as HTML without script."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Final

from hybridcodec.pipeline.record import Record
from hybridcodec.pipeline.rows import Altered, Run
from hybridcodec.pipeline.summary import Summary
from hybridcodec.proof.flags import Verdict
from hybridcodec.report.chart import Moment, chart
from hybridcodec.view.words import escaped, ratio, size

CHARTS: Final = 4
RUNS: Final = 20
SHOWN_ALTERED: Final = 100


@dataclass
class ModeSums:
    """Sums over the proven files of one mode."""

    files: int = 0
    source_bytes: int = 0
    output_bytes: int = 0
    samples: int = 0
    worst: int | None = None

    def add(self, record: Record) -> None:
        """Count a proven record in."""
        self.files += 1
        self.source_bytes += record.source_bytes or 0
        self.output_bytes += record.output_bytes or 0
        self.samples += record.pixels * (record.channels or 0)
        if record.worst_error is not None:
            self.worst = max(self.worst or 0, record.worst_error)


def headline(summary: Summary, altered: Sequence[Altered] = ()) -> str:
    """Return the one sentence that matters: whether everything is proven; and rows that cannot be relied on."""
    proven, flagged, failed, ignored = (summary.verdicts[verdict] for verdict in Verdict)
    if altered:
        return _altered(altered, proven, summary.files)
    if not summary.files:
        return '<p class="headline failed">The ledger has no records: nothing is proven.</p>'
    if proven == summary.files:
        return f'<p class="headline proven">All {proven:,} files are proven.</p>'
    if proven and not flagged and not failed:
        return f'<p class="headline proven">All {proven:,} files are proven, {ignored:,} others were ignored.</p>'
    parts = [f"{flagged:,} flagged"] * bool(flagged) + [f"{failed:,} failed"] * bool(failed)
    parts += [f"{ignored:,} ignored"] * bool(ignored)
    kind = "flagged" if flagged else "failed"
    return (
        f'<p class="headline {kind}">{" and ".join(parts)} of {summary.files:,} files; {proven:,} are proven. '
        f'<a href="#wrong">See what is wrong.</a></p>'
    )


def _altered(altered: Sequence[Altered], proven: int, files: int) -> str:
    more = len(altered) - SHOWN_ALTERED
    items = "".join(f"<li>{escaped(str(fault))}</li>" for fault in altered[:SHOWN_ALTERED])
    rest = f"<li>and {more:,} more</li>" if more > 0 else ""
    rows = "1 row of the ledger is" if len(altered) == 1 else f"{len(altered):,} rows of the ledger are"
    return (
        f'<p class="headline flagged">{rows} not what was written, and nothing on this page comes from '
        f"there. Of {files:,} files in other rows, {proven:,} are proven.</p><ul>{items}{rest}</ul>"
    )


def figures(summary: Summary) -> str:
    """Return counts, sizes and their ratio as entries of a description list."""
    entries = [
        ("Files", f"{summary.files:,}"),
        ("Proven", f"{summary.verdicts[Verdict.PROVEN]:,}"),
        ("Flagged", f"{summary.verdicts[Verdict.FLAGGED]:,}"),
        ("Failed", f"{summary.verdicts[Verdict.FAILED]:,}"),
        ("Ignored", f"{summary.verdicts[Verdict.IGNORED]:,}"),
        ("Sources, proven", size(summary.source_bytes)),
        ("Outputs, proven", size(summary.output_bytes)),
        ("Ratio", ratio(summary.source_bytes, summary.output_bytes)),
        ("Megapixels, proven", f"{summary.pixels / 1e6:,.1f}"),
        ("Loss accepted", f"{summary.accepted_lossy:,}"),
        ("Pictures, proven", f"{summary.pictures:,}"),
        ("Files that come back", f"{summary.giving_back:,}"),
        ("Kept without a picture", f"{summary.without_picture:,}"),
        ("Files that hold more", f"{summary.holding_more:,}"),
        ("Sources deleted", f"{summary.sources_deleted:,}"),
    ]
    return "".join(f"<div><dt>{escaped(name)}</dt><dd>{escaped(value)}</dd></div>" for name, value in entries)


def modes_table(modes: dict[str, ModeSums]) -> str:
    """Return sizes, ratio and worst error of the proven files of each mode."""
    return _table(
        "Proven files by mode",
        ("Mode", "Proven files", "Sources", "Outputs", "Ratio", "Bits per sub-pixel", "Worst error"),
        (
            (
                name or "unknown",
                f"{sums.files:,}",
                size(sums.source_bytes),
                size(sums.output_bytes),
                ratio(sums.source_bytes, sums.output_bytes),
                f"{8 * sums.output_bytes / sums.samples:.3f}" if sums.samples else "unknown",
                "not measured: a preview" if sums.worst is None else str(sums.worst),
            )
            for name, sums in sorted(modes.items())
        ),
    )


def flags_table(summary: Summary) -> str:
    """Return how many files have each kind of flag."""
    if not summary.flags:
        return "<p>No flag was raised.</p>"
    return _table(
        "Files by kind of flag", ("Flag", "Files"), ((kind, f"{count:,}") for kind, count in summary.flags.items())
    )


def charts(runs: list[Run], moments: dict[int, list[Moment]]) -> str:
    """Return throughput over time of the latest runs; `moments` by run."""
    drawn = (chart(run, moments[run.id]) for run in reversed(runs) if run.id in moments)
    found = [figure for figure in drawn if figure]
    if not found:
        return "<p>Too few files, or too short a time, to show a rate.</p>"
    more = len(found) - CHARTS
    return "".join(found[:CHARTS]) + (f"<p>{more:,} earlier runs are not drawn.</p>" if more > 0 else "")


def runs_table(runs: list[Run]) -> str:
    """Return the latest runs, those that did not end included."""
    table = _table(
        "Runs, latest first",
        ("Run", "Started", "Ended", "Host", "Proven", "Flagged", "Failed", "Skipped"),
        (
            (
                str(run.id),
                time(run.started),
                time(run.ended) or "did not end",
                run.host,
                *(f"{count:,}" for count in (run.proven, run.flagged, run.failed, run.skipped)),
            )
            for run in runs[: -RUNS - 1 : -1]
        ),
    )
    earlier = len(runs) - RUNS
    return table + (f"<p>{earlier:,} earlier runs are left out.</p>" if earlier > 0 else "")


def time(moment: str) -> str:
    """Return an ISO 8601 time, UTC, to the second, as people write it."""
    return f"{moment[:19].replace('T', ' ')} UTC" if moment else ""


def _table(name: str, headings: tuple[str, ...], rows: Iterable[tuple[str, ...]]) -> str:
    head = "".join(f'<th scope="col">{escaped(heading)}</th>' for heading in headings)
    body = "".join(
        f'<tr><th scope="row">{escaped(row[0])}</th>{"".join(f"<td>{escaped(cell)}</td>" for cell in row[1:])}</tr>'
        for row in rows
    )
    caption = f'<caption class="hidden">{escaped(name)}</caption>'
    inside = f"{caption}<thead><tr>{head}</tr></thead><tbody>{body}</tbody>"
    return f'<div class="scroll"><table class="plain">{inside}</table></div>'


def left_out(count: int) -> str:
    """Return what is said of records that are not on the page."""
    if not count:
        return ""
    return (
        f"<p>{count:,} records are left out to keep this page small, proven ones first; "
        "<code>hybridcodec ledger export</code> writes all of them.</p>"
    )

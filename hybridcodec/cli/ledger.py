"""`hybridcodec ledger`: what a ledger says, for people and for other programs."""

from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from hybridcodec.cli import options
from hybridcodec.cli.csv_lines import csv_line
from hybridcodec.cli.messages import say, say_json, warn
from hybridcodec.cli.streams import write_line
from hybridcodec.errors import MismatchError

if TYPE_CHECKING:
    from hybridcodec.pipeline.rows import Altered


@click.group("ledger")
def command() -> None:
    """Read the ledger of a pipeline run; LEDGER is the file or the destination folder."""


@command.command("summary")
@click.argument("ledger", metavar="LEDGER", type=options.PATH)
@click.option("--json", "as_json", is_flag=True, help="One JSON object.")
@click.pass_context
def summary(ctx: click.Context, ledger: Path, as_json: bool) -> None:
    """Count verdicts, flags, modes, sizes and runs."""
    from hybridcodec.pipeline.ledger import Ledger, find_ledger

    with Ledger.open(find_ledger(ledger)) as opened:
        faults = _Faults(opened.path)
        found, runs = opened.summary(altered=faults.add), opened.runs(altered=faults.add)
    facts: dict[str, Any] = {
        "files": found.files,
        **found.verdicts,
        "flags": dict(found.flags),
        "modes": dict(found.modes),
        "loss accepted": found.accepted_lossy,
        "files that come back": found.giving_back,
        "kept without a picture": found.without_picture,
        "pictures": found.pictures,
        "sources that hold more": found.holding_more,
        "sources deleted": found.sources_deleted,
        "source bytes": found.source_bytes,
        "output bytes": found.output_bytes,
        "megapixels": round(found.pixels / 1e6, 3),
        "runs": len(runs),
        "runs that did not end": sum(not run.ended for run in runs),
        "altered rows": faults.count,
    }
    if as_json:
        say_json(facts)
        ctx.exit(faults.exit_code)
    width = max(len(name) for name in facts)
    for name, value in facts.items():
        words = ", ".join(f"{kind} {count:,}" for kind, count in value.items()) if isinstance(value, dict) else None
        say(f"{name:{width}}  {words if words is not None else format(value, ',')}".rstrip())
    ctx.exit(faults.exit_code)


@command.command("export")
@click.argument("ledger", metavar="LEDGER", type=options.PATH)
@click.option("--format", "form", type=click.Choice(["jsonl", "csv"]), default="jsonl", show_default=True)
@click.option("--raw", is_flag=True, help="CSV for programs: text as it is, formulas and line ends included.")
@click.option("--verdict", type=click.Choice(["proven", "flagged", "failed", "ignored"]), help="Only such records.")
@click.pass_context
def export(ctx: click.Context, ledger: Path, form: str, raw: bool, verdict: str | None) -> None:
    """Write every record to standard output, one a line.

    In CSV, text that a spreadsheet would take for a formula begins with an apostrophe, and what cannot be seen is
    escaped; JSON is exact.
    """
    from hybridcodec.pipeline.ledger import Ledger, find_ledger
    from hybridcodec.pipeline.record import NAMES
    from hybridcodec.proof.flags import Verdict

    with Ledger.open(find_ledger(ledger)) as opened:
        faults = _Faults(opened.path)
        records = opened.records(Verdict(verdict) if verdict else None, altered=faults.add)
        if form == "csv":
            write_line(csv_line(NAMES))
        for record in records:
            values = record.to_dict()
            if form == "jsonl":
                say_json(values)
            else:
                write_line(csv_line([values[name] for name in NAMES], raw=raw))
    ctx.exit(faults.exit_code)


@command.command("head")
@click.argument("ledger", metavar="LEDGER", type=options.PATH)
def head(ledger: Path) -> None:
    """Print one SHA-256 over all rows, to keep or sign elsewhere; `verify --head` compares it."""
    from hybridcodec.pipeline.ledger import Ledger, find_ledger

    with Ledger.open(find_ledger(ledger)) as opened:
        say(opened.head())


@command.command("moved")
@click.argument("ledger", metavar="LEDGER", type=click.Path(path_type=Path, exists=True, dir_okay=False))
@click.argument("folder", metavar="DST", type=click.Path(path_type=Path, exists=True, file_okay=False))
def moved(ledger: Path, folder: Path) -> None:
    """Note that the archive of a ledger that lies elsewhere is now in the folder DST; nothing else is changed."""
    from hybridcodec.pipeline.ledger import Ledger

    with Ledger.open(ledger, write=True) as opened:
        opened.belong_to(folder, moved=True)


class _Faults:
    """Says of every altered row that it is one, and counts them."""

    def __init__(self, path: Path) -> None:
        self._path, self.count = path, 0

    def add(self, fault: "Altered") -> None:
        self.count += 1
        warn(f"{self._path}: {fault}")

    @property
    def exit_code(self) -> int:
        return MismatchError.exit_code if self.count else 0

"""`hybridcodec ledger`: what a ledger says, for people and for other programs."""

import csv
import io
import json
import sys
from pathlib import Path
from typing import Any

import click

from hybridcodec.cli import options

_CSV_JSON = ("flags", "models", "versions", "crop", "left_out")


@click.group("ledger")
def command() -> None:
    """Read the ledger of a pipeline run; LEDGER is the file or the destination folder."""


@command.command("summary")
@click.argument("ledger", metavar="LEDGER", type=options.PATH)
@click.option("--json", "as_json", is_flag=True, help="One JSON object.")
def summary(ledger: Path, as_json: bool) -> None:
    """Count verdicts, flags, modes, sizes and runs."""
    from hybridcodec.pipeline.ledger import Ledger, find_ledger

    with Ledger.open(find_ledger(ledger)) as opened:
        found, runs = opened.summary(), opened.runs()
    facts: dict[str, Any] = {
        "files": found.files,
        **found.verdicts,
        "flags": dict(found.flags),
        "modes": dict(found.modes),
        "loss accepted": found.accepted_lossy,
        "sources deleted": found.sources_deleted,
        "source bytes": found.source_bytes,
        "output bytes": found.output_bytes,
        "megapixels": round(found.pixels / 1e6, 3),
        "runs": len(runs),
        "runs that did not end": sum(not run.ended for run in runs),
    }
    if as_json:
        click.echo(json.dumps(facts))
        return
    width = max(len(name) for name in facts)
    for name, value in facts.items():
        words = ", ".join(f"{kind} {count:,}" for kind, count in value.items()) if isinstance(value, dict) else None
        click.echo(f"{name:{width}}  {words if words is not None else format(value, ',')}".rstrip())


@command.command("export")
@click.argument("ledger", metavar="LEDGER", type=options.PATH)
@click.option("--format", "form", type=click.Choice(["jsonl", "csv"]), default="jsonl", show_default=True)
@click.option("--verdict", type=click.Choice(["proven", "flagged", "failed"]), help="Only such records.")
def export(ledger: Path, form: str, verdict: str | None) -> None:
    """Write every record to standard output, one a line."""
    from hybridcodec.pipeline.flags import Verdict
    from hybridcodec.pipeline.ledger import Ledger, find_ledger
    from hybridcodec.pipeline.record import NAMES

    with Ledger.open(find_ledger(ledger)) as opened:
        records = opened.records(Verdict(verdict) if verdict else None)
        if form == "csv":
            click.echo(_csv_line(list(NAMES)))
        for record in records:
            values = record.to_dict()
            click.echo(json.dumps(values) if form == "jsonl" else _csv_line([_cell(name, values) for name in NAMES]))
    sys.stdout.flush()


def _cell(name: str, values: dict[str, Any]) -> str:
    value = values[name]
    if name in _CSV_JSON:
        return json.dumps(value)
    if isinstance(value, bool):
        return str(value).lower()
    return "" if value is None else str(value).encode("utf-8", "backslashreplace").decode()


def _csv_line(cells: list[str]) -> str:
    line = io.StringIO()
    csv.writer(line, lineterminator="").writerow(cells)
    return line.getvalue()

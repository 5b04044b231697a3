"""Tables for the terminal and for `docs/results.md`, and the JSON beside them."""

import json
import os
import sys
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import click
from rich.console import Console
from rich.table import Table as RichTable

from benchmarks.machine import Machine


@dataclass(frozen=True)
class Table:
    """A title, one heading a column, and rows of cells; the first column holds names, the others figures."""

    title: str
    headings: tuple[str, ...]
    rows: tuple[tuple[str, ...], ...]

    def markdown(self) -> str:
        """The table as GitHub-flavoured Markdown, title above."""
        rule = ("---", *["---:"] * (len(self.headings) - 1))
        lines = [f"| {' | '.join(row)} |" for row in (self.headings, rule, *self.rows)]
        return "\n".join([f"**{self.title}**", "", *lines])


def show(tables: Sequence[Table], notes: Sequence[str]) -> None:
    """Print tables and the lines under them; wide enough where standard output is no terminal."""
    console = Console(width=None if sys.stdout.isatty() else 160)
    for table in tables:
        drawn = RichTable(title=table.title, title_justify="left")
        for number, heading in enumerate(table.headings):
            drawn.add_column(heading, justify="right" if number else "left")
        for row in table.rows:
            drawn.add_row(*row)
        console.print(drawn)
    for note in notes:
        console.print(note, highlight=False, markup=False)


def write_json(path: Path, machine: Machine, results: dict[str, Any]) -> None:
    """Write the results with the machine that they are from."""
    path.write_text(json.dumps({"machine": asdict(machine)} | results, indent=1) + "\n", encoding="utf-8")


def write_section(path: Path, name: str, tables: Sequence[Table], notes: Sequence[str]) -> None:
    """Put tables, then notes, between the two comments of `path` that name the section, for what was there.

    Raises:
        click.ClickException: the file has no such section.
    """
    text = path.read_text(encoding="utf-8")
    begin, end = f"<!-- begin {name} -->\n", f"<!-- end {name} -->"
    if text.count(begin) != 1 or text.count(end) != 1 or text.index(begin) > text.index(end):
        raise click.ClickException(f"{path}: expected one section between {begin.strip()} and {end}")
    head, rest = text.split(begin)
    parts = [*(table.markdown() for table in tables), *notes]
    path.write_text(f"{head}{begin}\n" + "\n\n".join(parts) + f"\n\n{end}{rest.split(end)[1]}", encoding="utf-8")


def about(module: str, machine: Machine) -> str:
    """Return the last line under a table: which command gave it, where, with what."""
    return f"`{command_line(module)}`. {machine.line}."


def command_line(module: str) -> str:
    """Return the command that runs now, as someone types it from the repository root, less where its output goes."""
    arguments = [os.path.relpath(given) if os.path.isabs(given) else given for given in sys.argv[1:]]
    for option in ("--json", "--results"):
        if option in arguments:
            at = arguments.index(option)
            del arguments[at : at + 2]
    return " ".join(["python -m", f"benchmarks.{module}", *arguments])

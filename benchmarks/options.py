"""Command line options that several benchmarks share."""

from collections.abc import Callable
from dataclasses import dataclass
from functools import wraps
from pathlib import Path
from typing import Any, TypeVar

import click

from benchmarks.folder import Folder, find_pictures
from benchmarks.machine import this_machine
from benchmarks.report import Table, about, command_line, show, write_json, write_section

F = TypeVar("F", bound=Callable[..., Any])


@dataclass(frozen=True)
class Output:
    """Where the results go besides the terminal."""

    json_file: Path | None
    results_file: Path | None

    def publish(self, name: str, folder: Folder, tables: list[Table], notes: list[str], data: dict[str, Any]) -> None:
        """Print the tables, and write them and `data` to the files that were asked for.

        Args:
            name: of the benchmark, and what tells two of its sections apart; its section in the results file is called
                that and the folder's name.
            folder: the pictures that were measured.
            tables: what is shown.
            notes: lines under the tables.
            data: what the JSON file holds besides machine and command.
        """
        machine, module = this_machine(), name.split()[0]
        left_out = [f"Left out: {'; '.join(folder.left_out)}."] if folder.left_out else []
        notes = [*notes, *left_out, about(module, machine)]
        show(tables, notes)
        if self.json_file:
            found = {"command": command_line(module), "folder": folder.path.name, "left_out": folder.left_out}
            write_json(self.json_file, machine, found | data)
        if self.results_file:
            write_section(self.results_file, f"{name} {folder.path.resolve().name}", tables, notes)


def folder_options(function: F) -> F:
    """Add FOLDER, --limit, --json and --results; the function gets `folder: Folder` and `output: Output`."""

    @wraps(function)
    def call(folder: Path, limit: int | None, json_file: Path | None, results_file: Path | None, **others: Any) -> None:
        found = find_pictures(folder, limit)
        if not found.files:
            raise click.ClickException(f"{folder}: no 8-bit gray or RGB picture in it")
        function(folder=found, output=Output(json_file, results_file), **others)

    path = click.Path(path_type=Path, dir_okay=False)
    for add in (
        click.option("--results", "results_file", type=path, help="Put the tables into this Markdown file."),
        click.option("--json", "json_file", type=path, help="Write everything to this file."),
        click.option("--limit", type=click.IntRange(1), help="Only the first so many pictures."),
        click.argument("folder", type=click.Path(path_type=Path, exists=True, file_okay=False)),
    ):
        add(call)
    return call  # type: ignore[return-value]


def rates_option(function: F) -> F:
    """Add --rates; the function gets `rates: list[float]`, bits per pixel."""
    text = "Bits per pixel, separated by commas."
    add = click.option("--rates", default="0.15,0.30,0.45", show_default=True, callback=_rates, help=text)
    return add(function)


def threads_option(default: Callable[[], str], said: str) -> Callable[[F], F]:
    """Add --threads; the function gets `threads: list[int]`, in rising order."""
    text = "How many may work at a time, for codecs that can; several, separated by commas, one after the other."
    return click.option("--threads", default=default, show_default=said, callback=_threads, help=text)


def _threads(_: click.Context, __: click.Parameter, given: str) -> list[int]:
    counts = [count.strip() for count in given.split(",")]
    if not all(count.isascii() and count.isdecimal() and int(count) > 0 for count in counts):
        raise click.BadParameter(f"takes numbers from 1, separated by commas, found {given}")
    return sorted({int(count) for count in counts})


def only_option(function: F) -> F:
    """Add --only; the function gets `only: str`, for `Folder.only`."""
    return click.option("--only", default="", help="Parts of names, separated by commas.")(function)


def _rates(_: click.Context, __: click.Parameter, given: str) -> list[float]:
    try:
        return [float(rate) for rate in given.split(",")]
    except ValueError as error:
        raise click.BadParameter(f"takes numbers separated by commas, found {given}") from error

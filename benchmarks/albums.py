"""Long files: does memory stay bounded when they are encoded, verified and restored, and how fast is one page alone.

A TIFF of A4 pages, T.6 at 200 dots an inch, and a DICOM file of frames are made here from a seed, each also in a tenth
of the length. Every step is the command of the user, in a process of its own.
"""

import os
import sys
import tempfile
import time
from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Final

import click
import numpy as np

from benchmarks.albums_made import write_frames, write_pages
from benchmarks.machine import this_machine
from benchmarks.measure import THREAD_VARIABLES
from benchmarks.report import Table, about, show, write_section
from hybridcodec.isolation import child_command, child_environment
from hybridcodec.sources import read_document

MOST_MORE_MB: Final = 64
"""That a file of ten times the length may take, besides its own bytes and those of what is made of it."""
MOST_SECONDS: Final = 1.0
"""For one picture alone, from the command line."""
TRIES: Final = 5
_SHORT: Final = 10


@dataclass(frozen=True)
class Kind:
    """A kind of long file; `alone` is the picture that is decoded alone, whether that has a bar is `timed`."""

    name: str
    suffix: str
    write: Callable[[Path, int], None]
    count: int
    alone: int
    timed: bool


@dataclass(frozen=True)
class Step:
    """What a command took: seconds by the clock and of CPU, and the largest resident set in megabytes of 10^6 bytes."""

    seconds: float
    cpu_s: float
    peak_mb: float


@dataclass(frozen=True)
class Run:
    """A file through all commands."""

    source_bytes: int
    kept_bytes: int
    encode: Step
    verify: Step
    restore: Step
    alone: Step
    same: bool

    @property
    def bytes_mb(self) -> float:
        """What lies in memory in any case."""
        return (self.source_bytes + self.kept_bytes) / 1e6


def step(*arguments: str | Path) -> Step:
    """Run a command of the user; raises click.ClickException where it fails."""
    command = [*child_command("hybridcodec"), *map(str, arguments), "--quiet"]
    environment = child_environment("hybridcodec") | dict.fromkeys(THREAD_VARIABLES, "1")
    environment.pop("PYTHONDONTWRITEBYTECODE", None)  # an installed package has its modules compiled
    started = time.perf_counter()
    child = os.posix_spawn(sys.executable, command, environment)
    _, status, used = os.wait4(child, 0)
    seconds = time.perf_counter() - started
    if status:
        raise click.ClickException(f"{' '.join(command)} ended with {os.waitstatus_to_exitcode(status)}")
    unit = 1 if sys.platform == "darwin" else 1024
    return Step(seconds, used.ru_utime + used.ru_stime, used.ru_maxrss * unit / 1e6)


def run(kind: Kind, count: int, folder: Path) -> Run:
    """Make a file of `count` pictures and send it through all commands."""
    source, kept, back, page = (folder / f"album{end}" for end in (kind.suffix, ".hyc", ".back", ".npy"))
    made = os.fork()
    if not made:  # what making takes must not be the memory that its children begin with
        kind.write(source, count)
        os._exit(0)
    os.waitpid(made, 0)
    encode = step("encode", source, kept, "--keep", "file", "--force")
    verify = step("verify", kept)
    restore = step("restore", kept, back, "--force")
    number = min(kind.alone, count - 1)
    alone = [step("decode", kept, page, "--picture", str(number), "--force") for _ in range(TRIES)]
    expected = read_document(source.read_bytes()).pictures[number].samples
    same = back.read_bytes() == source.read_bytes() and np.array_equal(np.load(page), expected.squeeze())
    sizes = source.stat().st_size, kept.stat().st_size
    return Run(*sizes, encode, verify, restore, min(alone, key=lambda each: each.seconds), same)


def missed(kind: Kind, short: Run, long: Run) -> list[str]:
    """Say what is wrong, and which bars are missed."""
    found = [] if short.same and long.same else [f"{kind.name}: something else came back"]
    free = long.bytes_mb - short.bytes_mb + MOST_MORE_MB
    for name in ("encode", "verify", "restore"):
        more = getattr(long, name).peak_mb - getattr(short, name).peak_mb
        if more > free:
            found.append(f"{kind.name}, {name}: {more:.0f} MB more than for a tenth of it, expected at most {free:.0f}")
    if kind.timed and long.alone.seconds >= MOST_SECONDS:
        found.append(f"{kind.name}: {long.alone.seconds:.2f} s for one alone, expected less than {MOST_SECONDS}")
    return found


def rows(kind: Kind, runs: dict[int, Run]) -> list[tuple[str, ...]]:
    """Return the lines of the table."""
    found = []
    for count, each in runs.items():
        peaks = [f"{each_step.peak_mb:.0f}" for each_step in (each.encode, each.verify, each.restore)]
        sizes = f"{each.source_bytes:,}", f"{each.kept_bytes:,}"
        alone = f"{each.alone.seconds:.2f} ({each.alone.cpu_s:.2f})"
        found.append((f"{count} {kind.name}", *sizes, *peaks, alone, "yes" if each.same else "NO"))
    return found


@click.command(help=__doc__)
@click.option("--pages", type=click.IntRange(_SHORT), default=200, show_default=True)
@click.option("--frames", type=click.IntRange(_SHORT), default=100, show_default=True)
@click.option("--dpi", type=click.IntRange(50), default=200, show_default=True)
@click.option("--side", type=click.IntRange(16), default=256, show_default=True, help="Of a frame.")
@click.option("--check", is_flag=True, help="Fail where a bar is missed.")
@click.option("--results", type=click.Path(path_type=Path), help="Put the table into this file.")
def main(pages: int, frames: int, dpi: int, side: int, check: bool, results: Path | None) -> None:
    """Make the files, measure, print."""
    kinds = (
        Kind("pages", ".tif", partial(write_pages, dpi=dpi), pages, 3 * pages // 4, timed=True),
        Kind("frames", ".dcm", partial(write_frames, side=side), frames, frames // 2, timed=False),
    )
    lines, wrong = [], []
    for kind in kinds:
        with tempfile.TemporaryDirectory() as folder:
            runs = {count: run(kind, count, Path(folder)) for count in (kind.count // _SHORT, kind.count)}
        lines += rows(kind, runs)
        wrong += missed(kind, *runs.values())
    headings = ("what", "bytes", "kept", "encode MB", "verify MB", "restore MB", "one alone s (CPU)", "same back")
    notes = [
        "Peaks are of whole processes, those of encoding with its proof. One alone is the best of "
        f"{TRIES} runs of `hybridcodec decode --picture`, starting Python included."
    ]
    tables = [Table("Albums", headings, tuple(lines))]
    notes.append(about("albums", this_machine()))
    show(tables, notes)
    if results:
        write_section(results, "albums", tables, notes)
    if wrong and (check or any("something else" in what for what in wrong)):
        raise click.ClickException("; ".join(wrong))


if __name__ == "__main__":
    main()

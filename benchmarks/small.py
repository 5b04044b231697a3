"""CPU seconds of small work: pictures of 128x128 in one process, and whole commands on a file of 64x64.

It differs from `lossless` in that start-up and waiting threads, which a large picture hides, are what is measured. User
and system seconds of all threads; the median of some runs.
"""

import os
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

import click
import numpy as np
from numpy.typing import NDArray

from benchmarks.machine import this_machine
from benchmarks.report import Table, about, show, write_section
from hybridcodec import decode, encode

SIDE, PICTURES, SMALL = 128, 12, 64
BARS = {f"encode {SIDE}x{SIDE}": 0.1, f"decode {SIDE}x{SIDE}": 0.1, f"`hybridcodec decode` of {SMALL}x{SMALL}": 0.9}


@click.command(help=__doc__)
@click.option("--runs", type=click.IntRange(1), default=5, show_default=True, help="Of each command.")
@click.option("--results", "results_file", type=click.Path(path_type=Path, dir_okay=False), help="Markdown file.")
@click.option("--check", is_flag=True, help="Fail where a bar is missed.")
def main(runs: int, results_file: Path | None, check: bool) -> None:
    """Measure, print, and with --check fail where a bar is missed."""
    found = _in_process() | _commands(runs)
    rows = tuple((name, f"{seconds:.3f}", str(BARS.get(name, "-"))) for name, seconds in found.items())
    tables = [Table("Small work, CPU seconds", ("what", "seconds", "bar"), rows)]
    notes = [about("small", this_machine())]
    show(tables, notes)
    if results_file:
        write_section(results_file, "small", tables, notes)
    missed = [name for name, bar in BARS.items() if found[name] > bar]
    if check and missed:
        raise click.ClickException(f"missed: {', '.join(missed)}")


def _in_process() -> dict[str, float]:
    pictures = [_picture(SIDE, seed) for seed in range(PICTURES)]
    decode(encode(pictures[0]))  # loads code and models
    files: list[bytes] = []
    encoding = _seconds(lambda: files.extend(encode(picture) for picture in pictures))
    decoding = _seconds(lambda: [decode(data) for data in files])
    return {f"encode {SIDE}x{SIDE}": encoding / PICTURES, f"decode {SIDE}x{SIDE}": decoding / PICTURES}


def _seconds(work: Callable[[], object]) -> float:
    start = time.process_time()
    work()
    return time.process_time() - start


def _commands(runs: int) -> dict[str, float]:
    with tempfile.TemporaryDirectory() as folder:
        source, target = Path(folder, "small.hyc"), Path(folder, "small.png")
        source.write_bytes(encode(_picture(SMALL, 1)))
        commands = {
            f"`hybridcodec decode` of {SMALL}x{SMALL}": ["decode", "-q", "-f", str(source), str(target)],
            f"`hybridcodec info` of {SMALL}x{SMALL}": ["info", str(source)],
            "`hybridcodec --help`": ["--help"],
        }
        return {name: statistics.median(_run(command) for _ in range(runs)) for name, command in commands.items()}


def _run(arguments: list[str]) -> float:
    before = os.times()
    subprocess.run([sys.executable, "-P", "-m", "hybridcodec", *arguments], check=True, stdout=subprocess.DEVNULL)  # noqa: S603
    after = os.times()
    return after.children_user + after.children_system - before.children_user - before.children_system


def _picture(side: int, seed: int) -> NDArray[np.uint8]:
    """Waves and some noise, (side, side, 3)."""
    rng = np.random.default_rng(seed)
    rows, columns = np.mgrid[:side, :side]
    waves = [128 + 60 * np.sin(columns / (9 + c)) + 60 * np.cos(rows / (7 + c)) for c in range(3)]
    return (np.stack(waves, 2) + rng.normal(0, 4, (side, side, 3))).clip(0, 255).astype(np.uint8)


if __name__ == "__main__":
    main()

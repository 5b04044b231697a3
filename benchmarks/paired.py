"""Is it faster than an older commit? Both code the same pictures by turns, in one run, each in a process of its own.

    python -m benchmarks.paired HEAD~20 ../shared/data/bench/kodak --limit 4 --threads 1,2 --runs 5

The commit's files are unpacked into a temporary folder, with its own cache of compiled code; that goes at the end, and
git never hears of it. A picture goes through one tree and then through the other, the next time the other way about, so
that what else the machine does disturbs both alike: the ratio of such a pair says what neither time alone does. Printed
are medians of the ratios, new by old, with an interval that holds the true median with 95 % likelihood if pairs are
independent, and whether files are the same bytes. A sample further off than the mode promises is an error.
"""

import signal
import statistics
import sys
import tempfile
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from math import comb
from pathlib import Path
from types import FrameType
from typing import Final

import click
import numpy as np

from benchmarks.commits import ROOT, unpacked
from benchmarks.folder import Folder
from benchmarks.options import Output, folder_options, threads_option
from benchmarks.report import Table
from benchmarks.turns import WHATS, Job, Pair, Tree, paired_turns
from hybridcodec.modes import Effort, Mode
from hybridcodec.sources import read_picture

LIKELY: Final = 0.95
_HEADINGS: Final = ("what, threads", "old s", "new s", "new by old", "interval", "pairs")


@click.command(help=__doc__)
@click.argument("commit", metavar="OLD_COMMIT")
@click.option("--mode", type=click.Choice([mode.value for mode in Mode]), default="lossless", show_default=True)
@click.option("--max-error", type=click.IntRange(1), help="Of near-lossless mode.  [2]")
@click.option("--effort", type=click.Choice([each.value for each in Effort]), default="normal", show_default=True)
@threads_option(lambda: "1", "1")
@click.option("--runs", type=click.IntRange(1), default=5, show_default=True, help="Of every picture, in each tree.")
@folder_options
def main(
    folder: Folder,
    output: Output,
    commit: str,
    mode: str,
    max_error: int | None,
    effort: str,
    threads: list[int],
    runs: int,
) -> None:
    """Measure, print, and fail where samples do not come back as promised."""
    if max_error is not None and mode != Mode.NEAR_LOSSLESS:
        raise click.UsageError(f"--max-error belongs to mode near-lossless, found {mode}")
    bound = (max_error or 2) if mode == Mode.NEAR_LOSSLESS else 0
    jobs = [Job(mode, bound, effort, count) for count in threads]
    with _ends_tidily(), tempfile.TemporaryDirectory(prefix="paired-") as place:
        name = unpacked(commit, Path(place, "old"), ROOT)
        found = measured(name, folder, jobs, runs, Path(place))
    everything = [pair for pairs in found.values() for pair in pairs]
    notes = [f"Old is commit {name}, new this tree. {_files(everything)} Seconds are of one picture, medians."]
    output.publish("paired", folder, [table(folder, found)], notes, {"pairs": _data(found)})
    worst = [turn.worst for pair in everything for turn in pair]
    if mode != Mode.PERCEPTUAL and not all(0 <= each <= bound for each in worst):
        raise click.ClickException(f"samples are off by up to {max(worst)}, at most {bound} expected")


def measured(name: str, folder: Folder, jobs: Sequence[Job], runs: int, place: Path) -> dict[Job, list[Pair]]:
    """Return the pairs of every job; the commit `name` is in the folder `old` of `place`, where all is written.

    Raises:
        click.ClickException: one of the two trees cannot do this.
    """
    old = Tree(f"commit {name}", place / "old", place / "cache-old")
    new = Tree("this tree", ROOT, place / "cache-new")
    pictures = [place / f"{number}.npy" for number in range(len(folder.files))]
    for file, samples in zip(folder.files, pictures, strict=True):
        np.save(samples, read_picture(file).samples)
    return {job: paired_turns(old, new, job, pictures, runs) for job in jobs}


def table(folder: Folder, found: dict[Job, list[Pair]]) -> Table:
    """Return a line for each job and each of what was timed; seconds are medians of one picture."""
    rows = []
    for job, pairs in found.items():
        for what in WHATS:
            old, new = ([getattr(turn, what) for turn in side] for side in zip(*pairs, strict=True))
            ratios = sorted(after / before for before, after in zip(old, new, strict=True))
            low, high = interval(ratios)
            seconds = [f"{statistics.median(side):.3f}" for side in (old, new)]
            ratio, limits = f"{statistics.median(ratios):.3f}", f"{low:.3f} to {high:.3f}"
            rows.append((f"{what.replace('_', ', ')}, {job.threads}", *seconds, ratio, limits, str(len(ratios))))
    return Table(f"{folder.path.resolve().name}, {next(iter(found)).mode}, by turns", _HEADINGS, tuple(rows))


def interval(values: Sequence[float]) -> tuple[float, float]:
    """Return the narrowest pair of sorted values, as far from one end as from the other, that holds the median.

    It does so with a likelihood of at least `LIKELY`, whatever their distribution; fewer than six values never do, and
    give their extremes. (David and Nagaraja, Order Statistics, 7.1: the median lies outside of the values number k + 1
    from both ends with twice the likelihood that a fair coin falls on one side k times or fewer.)
    """
    count, outside, skipped = len(values), 0.0, 0
    for k in range((count - 1) // 2 + 1):
        outside += comb(count, k) / 2**count
        if 2 * outside > 1 - LIKELY:
            break
        skipped = k
    return values[skipped], values[-1 - skipped]


def _files(pairs: Sequence[Pair]) -> str:
    equal = sum(old.digest == new.digest for old, new in pairs)
    sizes = [sum(turn.size for turn in side) for side in zip(*pairs, strict=True)]
    if equal == len(pairs):
        return f"All files are equal, byte for byte: {len(pairs)} of {len(pairs)}."
    return (
        f"Files are equal in {equal} of {len(pairs)} pairs; the new ones have {sizes[1] / sizes[0]:.4f} of the bytes."
    )


def _data(found: dict[Job, list[Pair]]) -> list[dict[str, object]]:
    sides = [(job, *pair) for job, pairs in found.items() for pair in pairs]
    return [{"threads": job.threads, "old": vars(old), "new": vars(new)} for job, old, new in sides]


@contextmanager
def _ends_tidily() -> Iterator[None]:
    """Let a request to end go through what tidies up."""

    def end(_: int, __: FrameType | None) -> None:
        sys.exit(1)

    before = signal.signal(signal.SIGTERM, end)
    try:
        yield
    finally:
        signal.signal(signal.SIGTERM, before)


if __name__ == "__main__":
    main()

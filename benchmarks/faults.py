"""Break things on purpose and see that each is flagged: `python -m benchmarks.faults [--count 1000] [--engine dask]`.

Prints a table of kinds with how many were injected, noticed, and called by their name; ends with 1 if any fault was
missed or any sound file was not proven. The same seed injects the same faults.
"""

import json
import random
import shutil
import sys
import tempfile
import threading
import time
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import replace
from pathlib import Path

import click

from benchmarks.engines import open_engine
from benchmarks.faults_inside import FAULTS
from benchmarks.faults_outside import (
    Injection,
    archive,
    full_disk,
    judged,
    ledgers,
    names_and_places,
    read_only_disk,
    records_of,
)
from benchmarks.faults_pictures import SORTS, write_tiny_file, write_tiny_picture
from hybridcodec.keeping import rebuild_source
from hybridcodec.modes import Keep, Mode, Preview
from hybridcodec.pipeline import prove
from hybridcodec.pipeline.engine import Engine, LocalEngine
from hybridcodec.pipeline.listing import Listing
from hybridcodec.pipeline.others import OnOther
from hybridcodec.pipeline.profiles import Profile, Settings, settings_for
from hybridcodec.pipeline.progress import Progress
from hybridcodec.pipeline.run import Order, run_pipeline
from hybridcodec.pipeline.task import Limits
from hybridcodec.proof.flags import FlagKind, Verdict

LIMITS = Limits(memory=1 << 30, module="benchmarks.faults_worker")
SOUND = 60
"""At most so many files without a fault stand between the others."""
SLOW = 8
"""Faults with a share up to this wait for time to run out, or end processes; they are left out where sources go."""
LOSSLESS = settings_for(Profile.MEDICAL, preview=Preview.FULL)
SEVERAL = settings_for(Profile.MEDICAL)
"""Of tiny files with several pictures, whose previews would be larger than they are."""
SORTS_OF_SEVERAL = (".tif", ".dcm")
CONTENT = settings_for(Profile.MEDICAL, keep=Keep.CONTENT)
NEAR = settings_for(Profile.PHOTO, mode=Mode.NEAR_LOSSLESS, max_error=2)


class Harness:
    """The engine and the settings that all scenes share."""

    def __init__(self, engine: Engine, *, delete_source: bool = False) -> None:
        self._engine, self.delete_source = engine, delete_source

    def deleting(self) -> "Harness":
        """Return the same, but sources go after their proof."""
        return Harness(self._engine, delete_source=True)

    def run(self, source: Path, destination: Path, settings: Settings = LOSSLESS, ledger: Path | None = None) -> None:
        """Run the pipeline from one folder into another."""
        other = OnOther.KEEP if settings.keep is Keep.FILE else OnOther.FLAG
        order = Order(destination, settings, ledger, on_other=other, delete_source=self.delete_source)
        listing = Listing([str(source)], destination)
        stop = threading.Event()
        run_pipeline(order, listing, self._engine, stop=stop, progress=Progress(), watch=lambda _: None)


@click.command()
@click.option("--count", default=1000, show_default=True, help="How many faults at least.")
@click.option("--engine", type=click.Choice(["local", "dask"]), default="local", show_default=True)
@click.option("--seed", default=8, show_default=True)
@click.option("-j", "--jobs", default=2, show_default=True)
@click.option("--seconds", default=20.0, show_default=True, help="What a job may take; more on a busy machine.")
@click.option("--json", "as_json", is_flag=True, help="One JSON object an injection.")
def main(count: int, engine: str, seed: int, jobs: int, seconds: float, as_json: bool) -> None:
    """Inject faults and see that every one is flagged."""
    started = time.monotonic()
    folder = Path(tempfile.mkdtemp(prefix="faults-"))
    try:
        _warm_up(folder / "warm", seed)
        with open_engine(engine, jobs, replace(LIMITS, seconds=seconds)) as running:
            injections = list(_all(folder, count, seed, Harness(running)))
    finally:
        shutil.rmtree(folder)
    if as_json:
        for injection in injections:
            print(json.dumps(vars(injection)))
    else:
        _print_table(injections)
        print(f"{engine} engine, seed {seed}, {jobs} jobs, {time.monotonic() - started:.0f} s")
    sys.exit(any(not injection.right or injection.proven for injection in injections))


def _warm_up(folder: Path, seed: int) -> None:
    """Compile and keep every kernel that the scenes need: on a busy machine that takes longer than a job may."""
    for sort in SORTS:
        write_tiny_file(folder / "in" / f"0{sort}", seed)
    harness = Harness(LocalEngine(1, replace(LIMITS, seconds=900.0)))
    for number, settings in enumerate((LOSSLESS, SEVERAL, NEAR)):
        harness.run(folder / "in", folder / str(number), settings)


def _all(folder: Path, count: int, seed: int, harness: Harness) -> Iterator[Injection]:
    """Set every scene in turn; most of the faults are inside the worker processes, some where sources are deleted."""
    _make_the_clock_jump(seed)
    single = [sort for sort in SORTS if sort not in SORTS_OF_SEVERAL]
    yield from _inside(folder / "inside", 3 * count // 4, seed, harness, LOSSLESS, single)
    yield from _inside(folder / "several", max(1, count // 8), seed, harness, SEVERAL, SORTS_OF_SEVERAL)
    deleting = harness.deleting()
    yield from _inside(folder / "deleting", max(1, count // 8), seed + 1, deleting, LOSSLESS, single)
    yield from _inside(folder / "gone", max(1, count // 16), seed + 1, deleting, SEVERAL, SORTS_OF_SEVERAL)
    yield from _alike(folder / "bounds", "bound-exceeded", max(1, count // 30), seed, harness, NEAR)
    yield from _alike(folder / "refused", "source-refused", max(1, count // 100), seed, harness, CONTENT)
    yield from names_and_places(folder / "places", max(1, count // 50), seed, harness.run)
    yield from archive(folder / "archive", max(6, count // 10), seed, harness.run, LIMITS)
    yield from ledgers(folder / "ledgers", max(3, count // 16), seed, harness.run)
    ledger = folder / "full" / "ledger.sqlite"
    for scene in (
        full_disk(folder / "full", seed, lambda source, place: harness.run(source, place, ledger=ledger)),
        read_only_disk(folder / "read-only", seed, harness.run),
    ):
        try:
            yield from scene
        except PermissionError as error:
            print(f"left out, no right to mount a file system: {error}", file=sys.stderr)


def _inside(
    folder: Path, count: int, seed: int, harness: Harness, settings: Settings, among: Sequence[str]
) -> Iterator[Injection]:
    """Faults in encoders, provers, models and memory, with sound files of every sort among them."""
    sorts = [sort for sort in among if sort in SORTS]
    least = SLOW + 1 if harness.delete_source else 0
    possible = {kind: fault for kind, fault in FAULTS.items() if fault.sort in sorts and fault.share >= least}
    total = sum(fault.share for fault in possible.values())
    kinds = [kind + fault.sort for kind, fault in possible.items() for _ in range(-(-fault.share * count // total))]
    kinds += [f"sound{sorts[number % len(sorts)]}" for number in range(max(len(sorts), min(SOUND, 5 + count)))]
    names = [f"{number:05d}.{kind}" for number, kind in enumerate(kinds)]
    random.Random(seed).shuffle(names)  # noqa: S311
    source, destination = folder / "in", folder / "out"
    for name in names:
        write_tiny_file(source / name, seed)
    before = {name: (source / name).read_bytes() for name in names}
    harness.run(source, destination, settings)
    records = records_of(destination)
    for name in names:
        kind = name.split(".")[1]
        record = records.get(str(source / name))
        if kind != "sound":
            yield judged(kind, name, FAULTS[kind].flag, record, FAULTS[kind].or_flag)
        elif record is None or record.verdict is not Verdict.PROVEN:
            yield replace(judged("sound-not-proven", name, FlagKind.CRASH, record), expected="proven", right=False)
        elif b"".join(rebuild_source((destination / record.output).read_bytes())) != before[name]:
            raise AssertionError(f"{name}: the file does not come back")
        elif (source / name).exists() is harness.delete_source:
            raise AssertionError(f"{name}: {'not deleted' if harness.delete_source else 'deleted'}")
        stays = record is None or record.verdict is not Verdict.PROVEN or not harness.delete_source
        if stays and not kind.startswith("source-") and (source / name).read_bytes() != before[name]:
            raise AssertionError(f"{name}: the source was touched")
    if len(records) != len(names):
        raise AssertionError(f"{len(names)} files, {len(records)} records")
    _nothing_left(destination, {record.output for record in records.values() if record.verdict is Verdict.PROVEN})


def _alike(folder: Path, kind: str, count: int, seed: int, harness: Harness, settings: Settings) -> Iterator[Injection]:
    """Files with one kind of fault, in a run by other settings."""
    source, destination = folder / "in", folder / "out"
    for number in range(count):
        write_tiny_picture(source / f"{number:05d}.{kind}.png", seed)
    harness.run(source, destination, settings)
    for path, record in records_of(destination).items():
        yield judged(kind, path, FAULTS[kind].flag, record)


def _nothing_left(destination: Path, proven: set[str]) -> None:
    """Only proven files have names, and no temporary file is left."""
    found = {path.relative_to(destination).as_posix() for path in destination.rglob("*.hyc")}
    if found != proven or any(destination.rglob("*.tmp")):
        raise AssertionError(f"names and proofs differ: {found ^ proven}")


def _make_the_clock_jump(seed: int) -> None:
    """Let the driver's wall clock go forth and back by years during everything that follows."""
    rng = random.Random(seed)  # noqa: S311
    setattr(prove, "now", lambda: f"{rng.randint(1970, 2200)}-01-01T00:00:00.000+00:00")  # noqa: B010


def _print_table(injections: list[Injection]) -> None:
    injected = Counter(injection.kind for injection in injections)
    noticed = Counter(injection.kind for injection in injections if not injection.proven)
    right = Counter(injection.kind for injection in injections if injection.right)
    print(f"{'kind':36} injected  noticed  right flag")
    for kind, number in injected.items():
        print(f"{kind:36} {number:8} {noticed[kind]:8} {right[kind]:11}")
    print(f"{f'{len(injected)} kinds':36} {injected.total():8} {noticed.total():8} {right.total():11}")
    for injection in injections:
        if not injection.right or injection.proven:
            print(f"MISSED {injection}")


if __name__ == "__main__":
    main()

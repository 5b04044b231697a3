"""Faults outside the worker processes: in names, places, disks, finished archives, ledgers and clocks.

Each function sets one scene, breaks it, and returns what was injected and what came of it, for `benchmarks.faults`.
"""

import os
import random
import shutil
import sqlite3
import subprocess
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import hybridcodec_container as container

from benchmarks.faults_inside import cut, flipped_in_chunk
from benchmarks.faults_kinds import flipped
from benchmarks.faults_pictures import write_tiny_picture
from hybridcodec.errors import InputError, MismatchError
from hybridcodec.pipeline.audit import audit
from hybridcodec.pipeline.crew import Crew
from hybridcodec.pipeline.ledger import Ledger, ledger_path
from hybridcodec.pipeline.record import Record
from hybridcodec.pipeline.task import Limits
from hybridcodec.proof.flags import FlagKind, Verdict

RunPipeline = Callable[[Path, Path], None]
"""Runs the pipeline from a source folder into a destination."""


@dataclass(frozen=True)
class Injection:
    """One fault and what was said about it; `right` means that it was noticed and called by its name."""

    kind: str
    name: str
    expected: str
    found: str
    right: bool
    proven: bool


def judged(
    kind: str, name: str, expected: FlagKind, record: Record | None, or_else: FlagKind | None = None
) -> Injection:
    """Compare a record with the flag that must be in it, or the other that may."""
    if record is None:
        return Injection(kind, name, expected, "no record", right=False, proven=False)
    found = ", ".join(flag.kind.value for flag in record.flags) or record.verdict.value
    proven = record.verdict is Verdict.PROVEN
    right = any(flag.kind in (expected, or_else) for flag in record.flags)
    return Injection(kind, name, expected, found, right, proven)


def records_of(destination: Path) -> dict[str, Record]:
    """Return the records of a destination by the path of their source."""
    with Ledger.open(ledger_path(destination)) as ledger:
        return {record.source: record for record in ledger.records()}


def names_and_places(folder: Path, count: int, seed: int, run: RunPipeline) -> Iterator[Injection]:
    """Names that differ by case, files in the way of outputs and of folders."""
    source, destination = folder / "in", folder / "out"
    destination.mkdir(parents=True)
    for number in range(count):
        write_tiny_picture(source / f"{number}a" / "Scan.png", seed)
        write_tiny_picture(source / f"{number}a" / "sCAN.png", seed + 1)
        write_tiny_picture(source / f"{number}b" / "taken.png", seed)
        (destination / f"{number}b").mkdir()
        (destination / f"{number}b" / "taken.hyc").write_bytes(b"somebody else's")
        write_tiny_picture(source / f"{number}c" / "nowhere.png", seed)
        (destination / f"{number}c").write_bytes(b"a file where a folder must be")
    run(source, destination)
    records = records_of(destination)
    for number in range(count):
        twins = [records[str(source / f"{number}a" / name)] for name in ("Scan.png", "sCAN.png")]
        second = next((record for record in twins if record.verdict is not Verdict.PROVEN), None)
        yield judged("names-differ-by-case", str(number), FlagKind.NAME_COLLISION, second)
        for kind, place, flag in (
            ("name-taken", source / f"{number}b" / "taken.png", FlagKind.OUTPUT_EXISTS),
            ("folder-blocked", source / f"{number}c" / "nowhere.png", FlagKind.DESTINATION_UNWRITABLE),
        ):
            yield judged(kind, str(number), flag, records.get(str(place)))
        if (destination / f"{number}b" / "taken.hyc").read_bytes() != b"somebody else's":
            raise AssertionError("a foreign file was overwritten")


def archive(folder: Path, count: int, seed: int, run: RunPipeline, limits: Limits) -> Iterator[Injection]:
    """Outputs and sources that change after they were proven: found by an audit, and by the next run."""
    source, destination = folder / "in", folder / "out"
    rng = random.Random(seed)  # noqa: S311
    names = [f"{number:05d}" for number in range(count)]
    for name in [*names, "spare"]:
        write_tiny_picture(source / f"{name}.png", seed)
    run(source, destination)
    kinds = [*(_ARCHIVE_FAULTS), "source-changed-later"]
    for number, name in enumerate(names):
        kind = kinds[number % len(kinds)]
        path = destination / f"{name}.hyc"
        if kind == "source-changed-later":
            _change_hiding_it(source / f"{name}.png", rng)
        elif kind == "deleted-later":
            path.unlink()
        else:
            path.write_bytes(_ARCHIVE_FAULTS[kind](path.read_bytes(), rng, destination))
    with Ledger.open(ledger_path(destination)) as ledger, Crew(limits) as crew:
        findings = {finding.path.stem: finding for finding in audit(ledger, destination, crew, 2)}
    run(source, destination)
    later = {Path(path).stem: record for path, record in records_of(destination).items()}
    for number, name in enumerate(names):
        kind = kinds[number % len(kinds)]
        if kind == "source-changed-later":
            yield judged(kind, name, FlagKind.SOURCE_CHANGED, later[name])
            continue
        expected = FlagKind.OUTPUT_VANISHED if kind == "deleted-later" else FlagKind.OUTPUT_ALTERED
        found = ", ".join(flag.kind for flag in findings[name].flags)
        yield Injection(kind, name, expected, found or "ok", found == expected, proven=not found)
        if kind != "deleted-later":  # which the next run made anew
            yield judged(f"{kind}, next run", name, FlagKind.OUTPUT_ALTERED, later[name])


def ledgers(folder: Path, count: int, seed: int, run: RunPipeline) -> Iterator[Injection]:
    """Ledgers cut off while they were written, or with a row changed: an error, or fewer proofs, never others."""
    source, destination = folder / "in", folder / "out"
    for number in range(12):
        write_tiny_picture(source / f"{number}.png", seed)
    run(source, destination)
    truth = records_of(destination)
    rng = random.Random(seed)  # noqa: S311
    for number in range(count):
        broken = ledger_path(folder / f"{number}")
        broken.parent.mkdir(parents=True)
        kind, known = ("ledger-cut", "ledger-log-cut", "ledger-row-changed")[number % 3], truth
        if kind == "ledger-row-changed":
            _change_row(ledger_path(destination), broken, rng)
        elif kind == "ledger-log-cut":
            known = _cut_log(truth, broken, rng)
        else:
            broken.write_bytes(cut(ledger_path(destination).read_bytes(), rng))
        try:
            found, noticed = records_of(folder / f"{number}"), ""
        except (InputError, MismatchError) as error:
            found, noticed = {}, str(error).partition(": ")[2]
        invented = [name for name, record in found.items() if record != known[name]]
        missing = f"{len(truth) - len(found)} of {len(truth)} records to prove again"
        right = not invented and (bool(noticed) or len(found) < len(truth))
        yield Injection(kind, str(number), "an error or fewer proofs", noticed or missing, right, bool(invented))
        shutil.rmtree(folder / f"{number}")


def full_disk(folder: Path, seed: int, run: RunPipeline) -> Iterator[Injection]:
    """A real file system that is full; needs the right to mount one, and is left out without."""
    source, destination = folder / "in", folder / "out"
    destination.mkdir(parents=True)
    names = [f"{number:03d}" for number in range(40)]
    for name in names:
        write_tiny_picture(source / f"{name}.png", seed)
    with mounted(destination, "size=112k,nr_inodes=200"):
        run(source, destination)
        proven = {path.stem for path in destination.glob("*.hyc")}
    with Ledger.open(folder / "ledger.sqlite") as ledger:
        records = {Path(record.source).stem: record for record in ledger.records()}
    for name in names:
        if name not in proven:
            yield judged("disk-full-for-real", name, FlagKind.DISK_FULL, records[name])
        elif records[name].verdict is not Verdict.PROVEN:
            raise AssertionError(f"{name} has its name and is not proven")


def read_only_disk(folder: Path, seed: int, run: RunPipeline) -> Iterator[Injection]:
    """A destination that cannot be written at all: the run ends with an error, nothing is recorded."""
    source, destination = folder / "in", folder / "out"
    destination.mkdir(parents=True)
    write_tiny_picture(source / "a.png", seed)
    with mounted(destination, "ro,size=100k"):
        try:
            run(source, destination)
            found = "no error"
        except InputError as error:
            found = str(error).partition(": ")[2]
    expected = "cannot be used as destination"
    yield Injection("destination-read-only", "a", expected, found, expected in found, found == "no error")


@contextmanager
def mounted(place: Path, options: str) -> Iterator[None]:
    """Mount a small file system in memory for as long as the block runs.

    Raises:
        PermissionError: this user may not.
    """
    if not shutil.which("mount"):
        raise PermissionError("there is no mount command")
    done = subprocess.run(["mount", "-t", "tmpfs", "-o", options, "tmpfs", place], capture_output=True, check=False)  # noqa: S603, S607
    if done.returncode:
        raise PermissionError(done.stderr.decode().strip())
    try:
        yield
    finally:
        subprocess.run(["umount", place], check=True)  # noqa: S603, S607


def _in_random_chunk(data: bytes, rng: random.Random, _: Path) -> bytes:
    kinds = sorted({report.kind for report in container.scan_container(data)})
    return flipped_in_chunk(data, rng.choice(kinds), rng)


_ARCHIVE_FAULTS: dict[str, Callable[[bytes, random.Random, Path], bytes]] = {
    "bit-rot": _in_random_chunk,
    "truncated-later": lambda data, rng, _: cut(data, rng),
    "zero-filled-later": lambda data, rng, _: bytes(len(data)),  # noqa: ARG005
    "swapped-later": lambda _data, _rng, folder: (folder / "spare.hyc").read_bytes(),
    "deleted-later": lambda data, rng, _: data,  # noqa: ARG005
}


def _change_hiding_it(path: Path, rng: random.Random) -> None:
    """Change a file but neither its size nor its time, as if the clock had jumped back."""
    state = path.stat()
    path.write_bytes(flipped(path.read_bytes(), rng))
    os.utime(path, ns=(state.st_atime_ns, state.st_mtime_ns))


def _change_row(ledger: Path, broken: Path, rng: random.Random) -> None:
    """Copy a ledger with one hash or number changed in one row; the database itself stays sound."""
    shutil.copyfile(ledger, broken)
    column = rng.choice(("source_hash", "output_hash", "exact_samples", "settings", "output_bytes", "worst_error"))
    with sqlite3.connect(broken) as connection:
        identity = rng.randrange(1, 13)
        connection.execute(f"UPDATE files SET {column} = {column} || '7' WHERE id = {identity}")  # noqa: S608
    connection.close()


def _cut_log(truth: dict[str, Record], broken: Path, rng: random.Random) -> dict[str, Record]:
    """Write a ledger, cut its log where a power failure might, and return the records that it was given."""
    live, known = broken.with_name("live.sqlite"), {}
    with Ledger.open(live, write=True) as ledger:
        run = ledger.begin_run("host", {})
        for record in truth.values():
            known[record.source] = ledger.write(record, run, count=False)
            ledger.commit()
        log = live.with_name("live.sqlite-wal").read_bytes()
        shutil.copyfile(live, broken)
    first = 32 + 24 + 4096  # the log's header and its first page: the tables
    broken.with_name(broken.name + "-wal").write_bytes(log[: rng.randrange(first, len(log) - 4200)])
    return known

"""Kill the pipeline again and again, go on each time: `python -m benchmarks.kill_resume [--kills 20] [--engine dask]`.

The folder is a mixed one: photographs, pages, 16 bits, palettes, JPEGs, frames and junk. After every SIGKILL: each file
under a final name is whole and gives back its source, each proof in the ledger has its file, and no file was proven
twice; with `--delete`, a source is gone only where its file has its name and gives the same bytes back. At the end
everything is proven. Half of the kills take the workers as well, and
them first: a driver that still notices may say so of a file, which the next run takes up again. Uses the real codec
with `--real`, else one that does next to nothing, so that more moments fit into the time.
"""

import os
import random
import shutil
import signal
import subprocess
import tempfile
import threading
import time
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

import click

from benchmarks.faults_outside import records_of
from benchmarks.faults_pictures import SORTS, write_tiny_file
from hybridcodec.isolation import child_command, child_environment
from hybridcodec.pipeline.ledger import ledger_path
from hybridcodec.pipeline.listing import Listing
from hybridcodec.pipeline.others import OnOther
from hybridcodec.pipeline.profiles import Profile, settings_for
from hybridcodec.pipeline.progress import Progress
from hybridcodec.pipeline.record import Record
from hybridcodec.pipeline.run import Order, run_pipeline
from hybridcodec.pipeline.task import Limits
from hybridcodec.proof.flags import FlagKind, Verdict

REAL, TRIVIAL = Limits.module, "benchmarks.trivial_worker"


@click.command()
@click.option("--kills", default=20, show_default=True)
@click.option("--files", default=12000, show_default=True, help="Fewer are over before all kills have come.")
@click.option("--engine", type=click.Choice(["local", "dask"]), default="local", show_default=True)
@click.option("--real", is_flag=True, help="With the real codec.")
@click.option("--delete", is_flag=True, help="Sources go after their proof.")
@click.option("--seed", default=8, show_default=True)
@click.option("--drive", nargs=2, hidden=True, help="Be the process that is killed: source and destination.")
def main(
    kills: int, files: int, engine: str, real: bool, delete: bool, seed: int, drive: tuple[str, str] | None
) -> None:
    """Kill and resume."""
    runs = Runs(engine, REAL if real else TRIVIAL, delete)
    if drive is not None:
        runs.drive(Path(drive[0]), Path(drive[1]))
        return
    folder = Path(tempfile.mkdtemp(prefix="kills-"))
    try:
        _kill_and_resume(folder, kills, files, runs, random.Random(seed))  # noqa: S311
    finally:
        shutil.rmtree(folder, ignore_errors=True)


@dataclass(frozen=True)
class Runs:
    """How the pipeline is run, in a process that can be killed: engine, module of the workers, whether sources go."""

    engine: str
    module: str
    delete: bool

    def start(self, source: Path, destination: Path) -> subprocess.Popen[bytes]:
        """Run it in a process of its own."""
        command = child_command("benchmarks.kill_resume", "--engine", self.engine)
        command += ["--drive", str(source), str(destination)]
        command += [*(["--real"] if self.module == REAL else []), *(["--delete"] if self.delete else [])]
        environment = child_environment("benchmarks.kill_resume")
        return subprocess.Popen(command, stderr=subprocess.DEVNULL, env=environment)  # noqa: S603

    def drive(self, source: Path, destination: Path) -> None:
        """Run it in this process."""
        from benchmarks.engines import open_engine

        settings = settings_for(Profile.DOCUMENT)
        order = Order(destination, settings, on_other=OnOther.KEEP, delete_source=self.delete)
        with open_engine(self.engine, 2, Limits(module=self.module)) as running:
            run_pipeline(
                order, Listing([str(source)], destination), running, stop=threading.Event(), progress=Progress(),
                watch=lambda _: None,
            )  # fmt: skip


@dataclass(frozen=True)
class Expected:
    """A source, and what it held."""

    path: Path
    stored: bytes


def _kill_and_resume(folder: Path, kills: int, files: int, runs: Runs, rng: random.Random) -> None:
    source, destination = folder / "in", folder / "out"
    expected = _made(source, files)
    checked: set[str] = set()
    for number in range(kills):
        driver = runs.start(source, destination)
        if number % 4:  # else: while it starts
            _wait_for_work(destination, driver)
        time.sleep(rng.uniform(0.0, 2.0))
        everybody = rng.random() < 0.5
        over = driver.poll() is not None
        for process in [*(_descendants(driver.pid) if everybody else ()), driver.pid]:
            _kill(process)
        driver.wait()
        proven = _require_sound(destination, expected)
        gone = _require_kept(destination, expected, checked, delete=runs.delete)
        said = f"kill {number + 1} of {'all' if everybody else 'the driver'}: {proven} of {files} proven"
        print(said + (f", {gone} sources gone" if runs.delete else ""), flush=True)
        if over:
            raise AssertionError("the run was over before it could be killed: take more files")
    if runs.start(source, destination).wait() != 0:
        raise AssertionError("the last run did not end well")
    if _require_sound(destination, expected) != files:
        raise AssertionError("something was lost")
    gone = _require_kept(destination, expected, checked, delete=runs.delete)
    if gone != files * runs.delete:
        raise AssertionError(f"{gone} of {files} sources are gone")
    ends = "all proven once, nothing lost, nothing half-written" + (", every source gone" if runs.delete else "")
    print(f"{runs.engine} engine: {kills} kills, {files} files, {ends}")


def _made(source: Path, files: int) -> dict[str, Expected]:
    """Write the folder; return what each output must give back, by the output's name."""
    expected, sorts = {}, list(SORTS)
    for number in range(files):
        path = source / str(number % 7) / f"{number}{sorts[number % len(sorts)]}"
        write_tiny_file(path, number)
        kept = f"{path.name}.hyc" if path.suffix == ".txt" else f"{number}.hyc"
        expected[f"{number % 7}/{kept}"] = Expected(path, path.read_bytes())
    return expected


def _wait_for_work(destination: Path, driver: subprocess.Popen[bytes]) -> None:
    """Wait until one more file has its name."""
    before = sum(1 for _ in destination.rglob("*.hyc"))
    while driver.poll() is None and sum(1 for _ in destination.rglob("*.hyc")) == before:
        time.sleep(0.01)


def _require_sound(destination: Path, expected: Mapping[str, Expected]) -> int:
    """Return how many files are proven, once it is sure that nothing is half-written, lost or proven twice."""
    if not ledger_path(destination).exists():
        return 0
    everything = {record.output: record for record in records_of(destination).values()}
    records = {name: record for name, record in everything.items() if not _died_with_its_worker(record)}
    named = {path.relative_to(destination).as_posix() for path in destination.rglob("*.hyc")}
    wrong = {name for name, record in records.items() if record.verdict is not Verdict.PROVEN or record.proofs != 1}
    if wrong:
        raise AssertionError(f"not proven, or twice: {[records[name] for name in wrong][:3]}")
    if not set(records) <= named <= set(expected):
        raise AssertionError(
            f"proven without a file, or files of nobody: {(set(records) - named) or (named - set(expected))}"
        )
    for name in named - set(records):  # named, and killed before the ledger knew
        _require_whole(destination / name, expected[name])
    return len(records)


def _require_kept(destination: Path, expected: Mapping[str, Expected], checked: set[str], *, delete: bool) -> int:
    """Return how many sources are gone, once it is sure that each of them may be; `checked` are not looked at again."""
    gone = {name for name, source in expected.items() if not source.path.is_file()}
    if gone and not delete:
        raise AssertionError("a source is gone")
    for name in gone - checked:
        _require_whole(destination / name, expected[name])
    checked |= gone
    return len(gone)


def _died_with_its_worker(record: Record) -> bool:
    """Whether a driver had time to note that we killed the worker of this file."""
    return record.proofs == 0 and [flag.kind for flag in record.flags] == [FlagKind.CRASH]


def _require_whole(output: Path, source: Expected) -> None:
    from benchmarks import trivial_worker
    from hybridcodec.keeping import rebuild_source

    data = output.read_bytes()
    rebuild = rebuild_source if data.startswith(b"\x89HYC") else trivial_worker.rebuild
    if b"".join(rebuild(data)) != source.stored:
        raise AssertionError(f"{output} does not give back {source.path}")


def _descendants(process: int) -> list[int]:
    """Return the processes below one, those of other sessions included."""
    parents: dict[int, list[int]] = {}
    for folder in Path("/proc").glob("[0-9]*"):
        try:
            parent = int((folder / "stat").read_text().rpartition(")")[2].split()[1])
        except OSError:
            continue
        parents.setdefault(parent, []).append(int(folder.name))
    found = parents.get(process, [])
    return [*found, *(below for child in found for below in _descendants(child))]


def _kill(process: int) -> None:
    try:
        os.kill(process, signal.SIGKILL)
    except ProcessLookupError:
        return


if __name__ == "__main__":
    main()

"""What the pipeline costs beside the codec: `python -m benchmarks.pipeline_speed FOLDER [--engine dask]`.

Three measurements: the pipeline over a folder of pictures against plain encoding and decoding of the same files by one
process a core, in the same run; what it adds to a file, with a codec that does next to nothing; and a long run over
small pictures, with the driver's memory and the rate of its first and last thousand files.
"""

import multiprocessing
import os
import shutil
import statistics
import tempfile
import threading
import time
from dataclasses import dataclass, field
from pathlib import Path

import click

from benchmarks.engines import open_engine
from benchmarks.faults_pictures import write_tiny_picture
from hybridcodec.modes import Mode
from hybridcodec.pipeline.listing import Listing
from hybridcodec.pipeline.profiles import Profile, settings_for
from hybridcodec.pipeline.progress import Progress
from hybridcodec.pipeline.record import Record
from hybridcodec.pipeline.run import Order, run_pipeline
from hybridcodec.pipeline.task import Limits
from hybridcodec.pipeline.worker import ONE_THREAD
from hybridcodec.proof.flags import Verdict

TRIVIAL = Limits(module="benchmarks.trivial_worker")
MIB = 1 << 20
TURNS = 3
"""Into how many parts the files are divided, so that other work on the machine falls on both sides."""


@dataclass
class Watch:
    """When each file was done, and how large the driver was then, and what processor time it had used."""

    moments: list[float] = field(default_factory=list)
    worked: list[float] = field(default_factory=list)
    memory: list[int] = field(default_factory=list)

    def saw(self, record: Record | None) -> None:
        """Note one file.

        Raises:
            AssertionError: it was not proven.
        """
        if record is None or record.verdict is not Verdict.PROVEN:
            raise AssertionError(f"not proven: {record}")
        self.moments.append(time.monotonic())
        self.worked.append(time.process_time())
        self.memory.append(resident())

    def seconds_per_file(self, start: int, end: int) -> float:
        """Return the mean between two files."""
        return (self.moments[end] - self.moments[start]) / (end - start)


@click.command()
@click.argument("folder", required=False, type=click.Path(path_type=Path, exists=True))
@click.option("--engine", type=click.Choice(["local", "dask"]), default="local", show_default=True)
@click.option("-j", "--jobs", default=2, show_default=True)
@click.option("--small", default=10_000, show_default=True, help="Files of the long run.")
def main(folder: Path | None, engine: str, jobs: int, small: int) -> None:
    """Measure the pipeline."""
    place = Path(tempfile.mkdtemp(prefix="speed-"))
    try:
        if folder is not None:
            _against_plain(folder, place / "photos", engine, jobs)
        if small:
            _long_run(place / "small", engine, jobs, small)
    finally:
        shutil.rmtree(place)


def _against_plain(folder: Path, place: Path, engine: str, jobs: int) -> None:
    """Compare with plain encoding and decoding by turns; what processes need to get ready counts for neither."""
    files = sorted(str(path) for path in folder.iterdir() if path.suffix in (".png", ".webp", ".tif"))
    warm = place / "warm"
    for number in range(2 * jobs + 1):
        write_tiny_picture(warm / f"{number}.png", number)
    os.environ.update(ONE_THREAD)
    plain = pipeline = 0.0
    with multiprocessing.get_context("spawn").Pool(jobs) as pool:
        pool.map(_plain, [None] * (4 * jobs), chunksize=1)
        for turn in range(TURNS):
            part = files[turn::TURNS]
            started = time.monotonic()
            pool.map(_plain, part, chunksize=1)
            plain += time.monotonic() - started
            watch = _run(engine, jobs, Limits(), [str(warm), *part], place / f"out {turn}")
            pipeline += watch.moments[-1] - watch.moments[2 * jobs]
    print(f"{len(files)} files of {folder.name}, {jobs} jobs: plain {plain:.1f} s, {engine} engine {pipeline:.1f} s")
    print(f"speed of the pipeline against plain encoding and decoding: {plain / pipeline:.0%} (bar: 70%)")


def _plain(path: str | None) -> None:
    import numpy as np
    import torch

    from hybridcodec import codec
    from hybridcodec.image import Picture
    from hybridcodec.sources import read_picture

    torch.set_num_threads(1)
    picture = Picture.of(np.zeros((9, 9, 3), np.uint8)) if path is None else read_picture(Path(path))
    decoded = codec.decode(codec.encode(picture.samples, metadata=picture.metadata))
    if not np.array_equal(decoded, picture.samples):
        raise AssertionError(path)


def _long_run(place: Path, engine: str, jobs: int, count: int) -> None:
    for number in range(count):
        write_tiny_picture(place / "in" / f"{number % 97:02d}" / f"{number}.png", number)
    watch = _run(engine, jobs, TRIVIAL, [str(place / "in")], place / "out")
    plain = statistics.median(_trivial_seconds(path) for path in sorted((place / "in" / "00").iterdir()))
    warm = min(100, count // 10)
    per_file = watch.seconds_per_file(warm, count - 1)
    added = per_file * jobs - plain
    print(f"{count} small files, {engine} engine, {jobs} jobs: {1 / per_file:.0f} files/s; encoding and decoding takes "
          f"{1000 * plain:.2f} ms")  # fmt: skip
    print(f"added to a file: {1000 * per_file:.1f} ms of the run, {1000 * added:.1f} ms of a job (bar: 15 ms)")
    thousand = min(1000, count // 3)
    rates = (
        1 / watch.seconds_per_file(warm, warm + thousand),
        1 / watch.seconds_per_file(count - 1 - thousand, count - 1),
    )
    print(f"rate of the first {thousand} files {rates[0]:.0f}/s, of the last {rates[1]:.0f}/s")
    ends = warm + thousand, count - 1
    worked = [1000 * (watch.worked[end] - watch.worked[end - thousand]) / thousand for end in ends]
    print(f"processor time of the driver a file: first {worked[0]:.2f} ms, last {worked[1]:.2f} ms")
    grown = (max(watch.memory) - watch.memory[0]) / MIB
    print(f"driver: {watch.memory[0] / MIB:.0f} MiB at the first file, at most {grown:.0f} MiB more (bar: 100)")


def _trivial_seconds(path: Path) -> float:
    from benchmarks import trivial_worker
    from hybridcodec.sources.reading import read_document

    started = time.monotonic()
    pictures = read_document(path).pictures
    data = trivial_worker.encode(pictures, mode=Mode.LOSSLESS, max_error=0, accept_loss=False)
    list(trivial_worker.decode_each(data))
    return time.monotonic() - started


def _run(engine: str, jobs: int, limits: Limits, names: list[str], destination: Path) -> Watch:
    watch = Watch()
    order = Order(destination, settings_for(Profile.PHOTO))
    with open_engine(engine, jobs, limits) as running:
        run_pipeline(
            order, Listing(names, destination), running, stop=threading.Event(), progress=Progress(), watch=watch.saw
        )
    return watch


def resident() -> int:
    """Return the bytes that this process holds in memory."""
    return int(Path("/proc/self/statm").read_text().split()[1]) * os.sysconf("SC_PAGE_SIZE")


if __name__ == "__main__":
    main()

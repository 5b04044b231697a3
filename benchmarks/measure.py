"""One codec over many pictures in a process of its own, so that its peak memory and its warm-up are its own.

`measure` starts `python -m benchmarks.measure`, gives it a job as JSON on standard input, and reads its report.
"""

import json
import os
import subprocess
import sys
import time
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Final

import numpy as np

from benchmarks.codecs import OURS, U8, Codec, build
from benchmarks.memory import peak_mb, resident_mb
from benchmarks.results import CodecResult, FileResult
from hybridcodec.isolation import child_command, child_environment
from hybridcodec.sources import read_picture

THREAD_VARIABLES: Final = ("OMP_NUM_THREADS", "MKL_NUM_THREADS", "OPENBLAS_NUM_THREADS", "NUMBA_NUM_THREADS")
ROOT: Final = Path(__file__).parents[1]
WARM_UP: Final = (48, 64)
"""Height and width of the picture that loads models and compiled code before the clock starts."""


@dataclass(frozen=True)
class Job:
    """What one process measures."""

    codec: str
    threads: int
    bound: int
    files: tuple[str, ...]
    level: float | None = None


def measure(
    codec: str, files: Sequence[Path], *, threads: int, bound: int = 0, level: float | None = None
) -> CodecResult:
    """Return what `codec` makes of `files`, each encoded and decoded once in a fresh process; a level makes it lossy.

    Raises:
        subprocess.CalledProcessError: the process failed; its messages went to standard error.
    """
    job = Job(codec, threads, bound, tuple(str(file.resolve()) for file in files), level)
    command = child_command("benchmarks.measure")
    environment = child_environment("benchmarks.measure") | dict.fromkeys(THREAD_VARIABLES, str(threads))
    done = subprocess.run(  # noqa: S603 - our own module
        command, input=json.dumps(asdict(job)), stdout=subprocess.PIPE, env=environment, cwd=ROOT, check=True, text=True
    )
    report = json.loads(done.stdout)
    found = tuple(FileResult(**file) for file in report.pop("files"))
    return CodecResult(codec=codec, bound=bound, files=found, **report)


def available_threads() -> int:
    """Return how many cores this process may use."""
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1


def _keep_to(threads: int) -> None:
    """Bind this process to `threads` cores where it may use more: this codec takes all that it may use."""
    if hasattr(os, "sched_setaffinity") and threads < available_threads():
        os.sched_setaffinity(0, sorted(os.sched_getaffinity(0))[:threads])


def _run(job: Job) -> dict[str, object]:
    if job.codec == OURS:
        _keep_to(job.threads)
    codec = build(job.codec, threads=job.threads, bound=job.bound, level=job.level)
    for shape in (WARM_UP, (*WARM_UP, 3)):
        codec.decode(codec.encode(np.arange(np.prod(shape), dtype=np.uint32).astype(np.uint8).reshape(shape)))
    idle = resident_mb()
    layered = job.codec == OURS and job.level is None
    files = [asdict(_measure_file(Path(file), codec, layered=layered)) for file in job.files]
    return {
        "label": codec.label,
        "threads": codec.threads,
        "files": files,
        "peak_mb": peak_mb(),
        "idle_mb": idle,
    }


def _measure_file(path: Path, codec: Codec, *, layered: bool) -> FileResult:
    samples = read_picture(path).samples
    busy, start = time.process_time(), time.perf_counter()
    data = codec.encode(samples)
    encoded = time.perf_counter()
    decoded = codec.decode(data)
    busy, end = time.process_time() - busy, time.perf_counter()
    return FileResult(
        name=path.name,
        pixels=samples.shape[0] * samples.shape[1],
        samples=samples.size,
        bytes=len(data),
        base_bytes=_layer_bytes(data)[0] if layered else None,
        residual_bytes=_layer_bytes(data)[1] if layered else None,
        encode_s=encoded - start,
        decode_s=end - encoded,
        cpu_s=busy,
        verify_s=_verification(data, samples) if layered else None,
        worst=worst_error(samples, decoded),
    )


def worst_error(expected: U8, found: U8) -> int:
    """Return the largest difference of two samples at one place; 256, more than any, where the shapes differ."""
    if expected.shape != found.shape:
        return 256
    return int(np.abs(expected.astype(np.int16) - found.astype(np.int16)).max())


def _layer_bytes(data: bytes) -> tuple[int, int]:
    from hybridcodec.codec import read_info

    info = read_info(data)
    return info.base_bytes, info.residual_bytes


def _verification(data: bytes, samples: U8) -> float:
    """Return the seconds of what proves a file after encoding: both layers decoded, hashed and compared."""
    from hybridcodec.codec import decode
    from hybridcodec.image import Layer, difference

    start = time.perf_counter()
    decode(data, layer=Layer.PERCEPTUAL)
    difference(samples, decode(data, layer=Layer.EXACT))
    return time.perf_counter() - start


if __name__ == "__main__":
    given = json.load(sys.stdin)
    json.dump(_run(Job(**given | {"files": tuple(given["files"])})), sys.stdout)

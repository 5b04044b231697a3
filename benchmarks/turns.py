"""Two trees of this repository that code the same pictures by turns, each in a process of its own."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Iterator, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Final

import click

from benchmarks.measure import THREAD_VARIABLES

WORKER: Final = Path(__file__).with_name("paired_worker.py")
WHATS: Final = ("encode_wall", "encode_cpu", "decode_wall", "decode_cpu")


@dataclass(frozen=True)
class Job:
    """How the pictures are coded."""

    mode: str
    max_error: int
    effort: str
    threads: int


@dataclass(frozen=True)
class Turn:
    """Seconds of one picture in one tree, its file, and the largest error of a sample, -1 for another shape."""

    encode_wall: float
    encode_cpu: float
    decode_wall: float
    decode_cpu: float
    size: int
    digest: str
    worst: int


@dataclass(frozen=True)
class Tree:
    """A checkout with a name, and where the code that is compiled from it is kept."""

    name: str
    folder: Path
    cache: Path

    @contextmanager
    def at_work(self, job: Job) -> Iterator[Worker]:
        """Give a process that codes with this tree; it ends here, however this ends.

        Raises:
            click.ClickException: it does not start.
        """
        command = [sys.executable, "-P", str(WORKER), str(self.folder), json.dumps(asdict(job))]
        pipes = {"stdin": subprocess.PIPE, "stdout": subprocess.PIPE, "stderr": subprocess.DEVNULL}
        process = subprocess.Popen(command, text=True, env=self._environment(job), cwd=self.folder, **pipes)  # type: ignore[call-overload]  # noqa: S603 - ourselves
        try:
            worker = Worker(self.name, process)
            worker.answer()
            yield worker
        finally:
            process.kill()
            process.communicate()

    def _environment(self, job: Job) -> dict[str, str]:
        paths = [str(self.folder), str(self.folder / "container")]
        count = str(job.threads)
        others = {"NUMBA_CACHE_DIR": str(self.cache), "HYBRIDCODEC_THREADS": count, "PYTHONDONTWRITEBYTECODE": "1"}
        return os.environ | dict.fromkeys(THREAD_VARIABLES, count) | others | {"PYTHONPATH": os.pathsep.join(paths)}


@dataclass(frozen=True)
class Worker:
    """A process that codes with one tree."""

    name: str
    process: subprocess.Popen[str]

    def turn(self, samples: Path) -> Turn:
        """Code one picture; raises ClickException, in one line, where that fails."""
        assert self.process.stdin is not None
        try:
            self.process.stdin.write(f"{samples}\n")
            self.process.stdin.flush()
        except OSError:
            pass  # it has ended; its last words say why
        return Turn(**json.loads(self.answer()))

    def answer(self) -> str:
        """Return the next line; raises ClickException, in one line, where it is none that was waited for."""
        assert self.process.stdout is not None
        line = self.process.stdout.readline().rstrip("\n")
        if line != "ready" and not line.startswith("{"):
            raise click.ClickException(f"{self.name} cannot do this: {line or 'its process ended'}")
        return line


Pair = tuple[Turn, Turn]
"""One picture in the older tree and in the newer."""


def paired_turns(old: Tree, new: Tree, job: Job, pictures: Sequence[Path], runs: int) -> list[Pair]:
    """Return so many pairs of turns for each picture; what comes first in one run comes second in the next.

    Each picture is coded once before, which is not counted: models are loaded then, and code is compiled.
    """
    pairs: list[Pair] = []
    with ExitStack() as stack:
        workers = [stack.enter_context(tree.at_work(job)) for tree in (old, new)]
        for run in range(runs + 1):
            for picture in pictures:
                order = workers if run % 2 else workers[::-1]
                found = {worker.name: worker.turn(picture) for worker in order}
                if run:
                    pairs.append((found[old.name], found[new.name]))
    return pairs

"""Hostile files: `python -m benchmarks.fuzz --count 50000 --seed 0 --jobs 2 --state fuzz.json`.

Reads changed files whose checksums, digests and end chunks hold, and files mixed from two pictures, in processes with
1.5 GiB of memory and 10 seconds a file. Each must end in an error of the library or in the right picture; ends with 1
if any did not. The state file keeps what was found; the same command goes on from there.
"""

import json
import os
import select
import subprocess
import sys
from collections import Counter
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

import click

from hybridcodec.isolation import child_command

LIMIT = 10.0
"""Seconds of CPU time that a file may take."""
PATIENCE = 12
"""How many times as long a process may take on a machine that others use too."""
SAVE_EVERY = 250


@dataclass
class State:
    """What was tried and what came of it; `faults` has a kind, a number and a reason each."""

    seed: int
    mutations: int = 0
    mixtures: int = 0
    outcomes: dict[str, int] = field(default_factory=dict)
    faults: list[dict[str, Any]] = field(default_factory=list)
    slowest: float = 0.0
    slowest_case: str = ""

    def take(self, answer: dict[str, Any]) -> None:
        """Count one answer of a worker."""
        counts = Counter(self.outcomes)
        counts.update(f"{name}: {came}" for name, came in answer["outcomes"].items())
        self.outcomes = dict(counts)
        if answer["cpu"] > self.slowest:
            self.slowest, self.slowest_case = answer["cpu"], f"{answer['kind']} {answer['number']}"
        if answer["cpu"] > LIMIT and not answer["fault"]:
            answer["fault"] = f"took {answer['cpu']:.1f} s"
        if answer["fault"]:
            self.faults.append({name: answer[name] for name in ("kind", "number", "fault")})


class Worker:
    """One process; a new one takes its place when it dies or hangs."""

    def __init__(self) -> None:
        self._process = self._started()

    def run(self, kind: str, seed: int, number: int) -> dict[str, Any]:
        """Return what came of one case."""
        try:
            self._write([kind, seed, number])
            answer: dict[str, Any] = json.loads(self._read(LIMIT * PATIENCE))
        except (OSError, ValueError) as error:
            self.close()
            reason = f"{type(error).__name__}: {error}; the process ended with {self._process.returncode}"
            self._process = self._started()
            return {"kind": kind, "number": number, "fault": reason, "outcomes": {}, "cpu": 0.0}
        return answer

    def close(self) -> None:
        """End the process and close its pipes."""
        with self._process as process:
            process.kill()

    def _started(self) -> subprocess.Popen[str]:
        environment = os.environ | {"OMP_NUM_THREADS": "1", "HYBRIDCODEC_THREADS": "1", "PYTHONPATH": _paths()}
        self._process = subprocess.Popen(  # noqa: S603
            child_command("benchmarks.fuzz_worker"),
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
            env=environment,
        )
        if self._read(600).strip() != "ready":
            raise click.ClickException("a worker did not become ready")
        return self._process

    def _write(self, task: list[Any]) -> None:
        assert self._process.stdin is not None
        self._process.stdin.write(json.dumps(task) + "\n")
        self._process.stdin.flush()

    def _read(self, seconds: float) -> str:
        """Return the next line; raises OSError where none comes in time."""
        assert self._process.stdout is not None
        if not select.select([self._process.stdout], [], [], seconds)[0]:
            raise TimeoutError(f"nothing came in {seconds:.0f} s")
        return self._process.stdout.readline()


@click.command()
@click.option("--count", default=1000, show_default=True, help="Changed files.")
@click.option("--mixtures", default=500, show_default=True, help="Files mixed from two pictures.")
@click.option("--seed", default=0, show_default=True)
@click.option("--jobs", default=1, show_default=True)
@click.option("--state", "path", type=click.Path(path_type=Path), help="Keep what was found, and go on from it.")
def main(count: int, mixtures: int, seed: int, jobs: int, path: Path | None) -> None:
    """Read hostile files and say what came of them."""
    state = State(**json.loads(path.read_text())) if path and path.exists() else State(seed)
    if state.seed != seed:
        raise click.UsageError(f"{path} was made with --seed {state.seed}")
    fuzz(state, count, mixtures, jobs, path)
    print(summary(state))
    sys.exit(1 if state.faults else 0)


def fuzz(state: State, count: int, mixtures: int, jobs: int, path: Path | None = None) -> None:
    """Go on until so many changed and mixed files were tried."""
    workers = [Worker() for _ in range(jobs)]
    try:
        for kind, name, total in (("mixture", "mixtures", mixtures), ("mutation", "mutations", count)):
            while getattr(state, name) < total:
                start = getattr(state, name)
                numbers = range(start, min(start + SAVE_EVERY, total))
                for answer in _answers(workers, kind, state.seed, numbers):
                    state.take(answer)
                setattr(state, name, numbers.stop)
                if path:
                    _save(path, state)
    finally:
        for worker in workers:
            worker.close()


def summary(state: State) -> str:
    """Return a table of what came of every way to read a file."""
    lines = [f"{state.mutations:,} changed files, {state.mixtures:,} mixed ones, seed {state.seed}"]
    lines += [f"  {count:>8,}  {name}" for name, count in sorted(state.outcomes.items())]
    lines.append(f"slowest: {state.slowest:.2f} s of CPU time ({state.slowest_case}); {len(state.faults)} faults")
    return "\n".join([*lines, *(f"{f['kind']} {f['number']}: {f['fault']}" for f in state.faults[:20])])


def _answers(workers: list[Worker], kind: str, seed: int, numbers: range) -> Iterator[dict[str, Any]]:
    with ThreadPoolExecutor(len(workers)) as pool:
        parts = [numbers[i :: len(workers)] for i in range(len(workers))]
        jobs = [pool.submit(_run_all, *job, kind, seed) for job in zip(workers, parts, strict=True)]
        for job in jobs:
            yield from job.result()


def _run_all(worker: Worker, numbers: range, kind: str, seed: int) -> list[dict[str, Any]]:
    return [worker.run(kind, seed, number) for number in numbers]


def _paths() -> str:
    return os.pathsep.join([str(Path(__file__).parents[1]), *(path for path in sys.path if path)])


def _save(path: Path, state: State) -> None:
    temporary = path.with_suffix(".tmp")
    temporary.write_text(json.dumps(asdict(state), indent=1))
    os.replace(temporary, path)


if __name__ == "__main__":
    main()

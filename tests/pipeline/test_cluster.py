"""The cluster leaves the same ledger as one machine, and a worker that is killed midway costs nothing."""

import os
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path

import pytest
from pipeline_runs import TRIVIAL, Draw, Run

from hybridcodec.errors import InputError
from hybridcodec.pipeline.cluster import LOCAL, ClusterEngine
from hybridcodec.pipeline.progress import Progress
from hybridcodec.pipeline.record import Record
from hybridcodec.proof.flags import FlagKind, Verdict

SAME = (
    "source", "output", "verdict", "flags", "mode", "settings", "source_bytes", "source_hash", "source_samples",
    "output_bytes", "output_hash", "base_samples", "exact_samples", "width", "height", "channels", "worst_error",
    "models", "versions", "proofs",
)  # fmt: skip


def free_port() -> int:
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        return int(listener.getsockname()[1])


class Cluster:
    """A scheduler and two worker processes, started by hand as docs/cluster.md says."""

    def __init__(self, folder: Path) -> None:
        self.address = f"tcp://127.0.0.1:{free_port()}"
        port = self.address.rpartition(":")[2]
        self._log = (folder / "cluster.log").open("wb")
        self.processes = [
            self._start("distributed.cli.dask_scheduler", "--host", "127.0.0.1", "--port", port, "--no-dashboard"),
            *(
                self._start(
                    "distributed.cli.dask_worker", self.address, "--nthreads", "1", "--no-nanny", "--no-dashboard"
                )
                for _ in range(2)
            ),
        ]

    def _start(self, *command: str) -> subprocess.Popen[bytes]:
        paths = os.pathsep.join(path for path in sys.path if path)
        return subprocess.Popen(
            [sys.executable, "-m", *command], stdout=self._log, stderr=self._log, env=os.environ | {"PYTHONPATH": paths}
        )

    def pause(self) -> None:
        """Give the processes a moment, and notice if one has ended."""
        with suppress(subprocess.TimeoutExpired):
            raise AssertionError(f"the scheduler ended with {self.processes[0].wait(timeout=0.1)}")

    def close(self) -> None:
        for process in reversed(self.processes):
            process.kill()
            process.wait()
        self._log.close()


@pytest.fixture
def cluster(tmp_path: Path) -> Iterator[Cluster]:
    cluster = Cluster(tmp_path)
    try:
        yield cluster
    finally:
        cluster.close()


def connected(cluster: Cluster) -> ClusterEngine:
    """Connect as soon as the scheduler listens."""
    end = time.monotonic() + 60
    while True:
        try:
            return ClusterEngine(cluster.address, 2, TRIVIAL)
        except InputError:
            if time.monotonic() > end:
                raise
            cluster.pause()


def facts(record: Record) -> dict[str, object]:
    """What must not depend on the machine; a flag's sentence may name a process."""
    found = {name: getattr(record, name) for name in SAME}
    return found | {"flags": [flag.kind for flag in record.flags]}


def test_cluster_that_loses_a_worker_leaves_the_ledger_of_one_machine(
    tmp_path: Path, draw: Draw, run: Run, cluster: Cluster
) -> None:
    for number in range(40):
        draw(f"{number % 3}/{number}.png", number)
    draw("raise.png")
    (tmp_path / "in" / "empty.png").touch()

    class Killing(Progress):
        def add(self, record: Record | None) -> None:
            super().add(record)
            if self.files == 12:
                cluster.processes[1].send_signal(signal.SIGKILL)

    with connected(cluster) as engine:
        many = run(engine=engine, progress=Killing())
    assert cluster.processes[1].wait() == -signal.SIGKILL
    (tmp_path / "out").rename(tmp_path / "of the cluster")
    one = run()
    assert {name: facts(record) for name, record in many.items()} == {name: facts(one[name]) for name in one}
    assert sum(record.verdict is Verdict.PROVEN for record in many.values()) == 40
    for record in many.values():
        if record.verdict is Verdict.PROVEN:
            assert record.verifier not in (None, record.encoder)


def test_run_that_loses_its_scheduler_ends_and_can_be_taken_up(draw: Draw, run: Run, cluster: Cluster) -> None:
    for number in range(60):
        draw(f"{number}.png", number)

    class Killing(Progress):
        def add(self, record: Record | None) -> None:
            super().add(record)
            if self.files == 5:
                cluster.processes[0].send_signal(signal.SIGKILL)

    with connected(cluster) as engine, pytest.raises(InputError, match="scheduler was lost"):
        run(engine=engine, progress=Killing())
    records = run()
    assert {record.verdict for record in records.values()} == {Verdict.PROVEN}
    assert (len(records), {record.proofs for record in records.values()}) == (60, {1})


def test_local_cluster_is_started_and_ended(draw: Draw, run: Run) -> None:
    draw("a.png")
    draw("kill.png")
    with ClusterEngine(LOCAL, 1, TRIVIAL) as engine:
        records = run(engine=engine)
    assert records["a.hyc"].verdict is Verdict.PROVEN
    assert [flag.kind for flag in records["kill.hyc"].flags] == [FlagKind.CRASH]


def test_scheduler_that_does_not_answer_is_an_error(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("hybridcodec.pipeline.cluster.CONNECT_SECONDS", 1)
    with pytest.raises(InputError, match="no Dask scheduler answers"):
        ClusterEngine(f"tcp://127.0.0.1:{free_port()}", 1, TRIVIAL)

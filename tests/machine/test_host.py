"""Cores and memory are what this process may have, not what the machine has."""

import os
from pathlib import Path

import pytest
from click.testing import CliRunner

from hybridcodec.cli import verify
from hybridcodec.errors import InputError
from hybridcodec.machine import host

GIB = 1 << 30


def tree(root: Path, cgroup: str, mounts: dict[str, str], files: dict[str, str]) -> Path:
    """Make `proc/self` and control groups below `root`; `mounts` gives kind and options by mount point."""
    lines = [f"{31 + n} 23 0:28 {place.partition('=')[2] or '/'} {place.partition('=')[0]} rw - {kind}"
             for n, (place, kind) in enumerate(mounts.items())]  # fmt: skip
    for name, text in ({"proc/self/cgroup": cgroup, "proc/self/mountinfo": "\n".join(lines)} | files).items():
        path = root / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text + "\n")
    return root


@pytest.fixture(autouse=True)
def large_machine(monkeypatch: pytest.MonkeyPatch) -> None:
    """A machine of 16 cores and 64 GiB."""
    monkeypatch.setattr(os, "sched_getaffinity", lambda _: set(range(16)), raising=False)
    monkeypatch.setattr(os, "process_cpu_count", lambda: 16, raising=False)
    sizes = {"SC_PHYS_PAGES": 64 * GIB // 4096, "SC_PAGE_SIZE": 4096}
    monkeypatch.setattr(os, "sysconf", sizes.__getitem__, raising=False)


def test_without_control_groups_the_machine_is_ours(tmp_path: Path) -> None:
    assert (host.cores(tmp_path), host.memory(tmp_path)) == (16, 64 * GIB)


V2 = {"/sys/fs/cgroup": "cgroup2 cgroup rw"}


@pytest.mark.parametrize(
    ("cpu", "cores"), [("200000 100000", 2), ("150000 100000", 2), ("10000 100000", 1), ("max 100000", 16)]
)
def test_time_of_a_group_of_version_2_limits_the_cores(tmp_path: Path, cpu: str, cores: int) -> None:
    root = tree(tmp_path, "0::/a/b", V2, {"sys/fs/cgroup/a/b/cpu.max": cpu})
    assert host.cores(root) == cores


def test_the_tightest_group_from_the_own_to_the_outermost_counts(tmp_path: Path) -> None:
    files = {"a/b/cpu.max": "800000 100000", "a/cpu.max": "300000 100000", "a/b/memory.max": str(8 * GIB),
             "a/memory.max": str(4 * GIB), "memory.max": "max", "other/memory.max": "1"}  # fmt: skip
    root = tree(tmp_path, "0::/a/b", V2, {f"sys/fs/cgroup/{name}": text for name, text in files.items()})
    assert (host.cores(root), host.memory(root)) == (3, 4 * GIB)


def test_groups_of_version_1_stand_in_trees_of_their_own(tmp_path: Path) -> None:
    mounts = {
        "/sys/fs/cgroup/cpu,cpuacct": "cgroup cgroup rw,cpu,cpuacct",
        "/sys/fs/cgroup/memory": "cgroup cgroup rw,memory",
        "/sys/fs/cgroup/cpuset": "cgroup cgroup rw,cpuset",
    }
    files = {
        "cpu,cpuacct/job/cpu.cfs_quota_us": "400000",
        "cpu,cpuacct/job/cpu.cfs_period_us": "100000",
        "cpu,cpuacct/cpu.cfs_quota_us": "-1",
        "memory/job/memory.limit_in_bytes": str(2 * GIB),
        "memory/memory.limit_in_bytes": "9223372036854771712",
    }
    root = tree(tmp_path, "4:memory:/job\n1:cpu,cpuacct:/job\n0::/", mounts,
                {f"sys/fs/cgroup/{name}": text for name, text in files.items()})  # fmt: skip
    assert (host.cores(root), host.memory(root)) == (4, 2 * GIB)


@pytest.mark.parametrize("path", ["/docker/c0ffee", "/elsewhere/unseen", "/../outside"])
def test_a_container_sees_only_the_part_that_is_mounted_in_it(tmp_path: Path, path: str) -> None:
    mounts = {"/sys/fs/cgroup=/docker/c0ffee": "cgroup2 cgroup rw"}
    root = tree(tmp_path, f"0::{path}", mounts, {"sys/fs/cgroup/memory.max": str(GIB)})
    assert host.memory(root) == GIB


@pytest.mark.parametrize("text", ["", "nonsense", "0", "-5", "1e9", "\u00b2"])
def test_a_limit_that_says_nothing_is_none(tmp_path: Path, text: str) -> None:
    root = tree(tmp_path, "0::/", V2, {f"sys/fs/cgroup/{name}.max": text for name in ("memory", "cpu")})
    (root / "proc/self/cgroup").write_bytes(b"0::/\n\xff\nodd\n")
    assert (host.cores(root), host.memory(root)) == (16, 64 * GIB)


def test_a_system_that_does_not_tell_its_memory_has_its_groups_limit(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delattr(os, "sysconf")
    assert host.memory(tmp_path) == 0
    assert host.memory(tree(tmp_path, "0::/", V2, {"sys/fs/cgroup/memory.max": str(GIB)})) == GIB


def test_affinity_limits_the_cores(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(os, "process_cpu_count", None, raising=False)
    monkeypatch.setattr(os, "sched_getaffinity", lambda _: {3, 5}, raising=False)
    assert host.cores(tmp_path) == 2


@pytest.mark.parametrize(("wanted", "threads"), [("3", 3), ("0", 16), ("many", 16), ("", 16)])
def test_the_environment_may_say_how_many_threads(monkeypatch: pytest.MonkeyPatch, wanted: str, threads: int) -> None:
    monkeypatch.setenv("HYBRIDCODEC_THREADS", wanted)
    monkeypatch.setattr(host, "cores", lambda: 16)
    assert host.thread_limit() == threads


def test_verifying_an_archive_takes_no_more_than_it_may_have(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    from hybridcodec.pipeline import audit, crew
    from hybridcodec.pipeline.ledger import Ledger, ledger_path

    asked = []
    ledger_path(tmp_path).parent.mkdir()
    with Ledger.open(ledger_path(tmp_path), write=True):
        pass
    monkeypatch.setattr(host, "cores", lambda: 3)
    monkeypatch.setattr(host, "memory", lambda: 6 * GIB)
    monkeypatch.setattr(audit, "audit", lambda *arguments: asked.append(arguments[3]) or iter(()))
    start = crew.Crew.__init__
    monkeypatch.setattr(crew.Crew, "__init__", lambda self, limits: asked.append(limits.memory) or start(self, limits))
    result = CliRunner().invoke(verify.command, [str(tmp_path), "--ledger"])
    assert (type(result.exception), asked) == (InputError, [2 * GIB, 3])  # there is no file to look at


def test_nobody_else_counts_cores_or_memory() -> None:
    package = Path(host.__file__).parent
    words = ("cpu_count", "sched_getaffinity", "SC_PHYS_PAGES", "virtual_memory")
    found = [path.name for path in package.rglob("*.py") if any(word in path.read_text() for word in words)]
    assert found == ["host.py"]

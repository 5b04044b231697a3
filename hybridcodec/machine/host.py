"""What this process may take of the machine, cores and memory, where a control group or an affinity grants a part.

A container or a batch system is given a part of a machine, and `os.cpu_count` and the size of the memory tell of the
whole: work that is divided by those is throttled, or killed. Read at every call, since a limit may change.
"""

import os
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path
from typing import Final

ROOT: Final = Path("/")
_CPU: Final = "cpu"
_MEMORY: Final = "memory"


def cores(root: Path = ROOT) -> int:
    """Return how many threads can work at a time, at least 1: affinity, and what the control groups grant, rounded up.

    `root` is where `proc` and the mounted control groups are looked for.
    """
    count = getattr(os, "process_cpu_count", None)  # from Python 3.13 on; knows the affinity
    if count is not None:
        found = count() or 1
    elif hasattr(os, "sched_getaffinity"):
        found = len(os.sched_getaffinity(0))
    else:
        found = os.cpu_count() or 1
    quotas = [quota for group in _groups(root, _CPU) if (quota := _quota(group)) is not None]
    return max(1, min([found, *quotas]))


def memory(root: Path = ROOT) -> int:
    """Return the bytes of memory that this process and its children can have, 0 where the system does not tell."""
    try:
        found = os.sysconf("SC_PHYS_PAGES") * os.sysconf("SC_PAGE_SIZE")
    except (ValueError, OSError, AttributeError):
        found = 0
    names = ("memory.max", "memory.high", "memory.limit_in_bytes")
    limits = [limit for group in _groups(root, _MEMORY) for name in names if (limit := _number(group / name)) > 0]
    return min([*([found] if found > 0 else []), *limits], default=0)


def thread_limit() -> int:
    """Threads that a picture may take: HYBRIDCODEC_THREADS where that is a number, else the cores of this process."""
    wanted = os.environ.get("HYBRIDCODEC_THREADS", "")
    return int(wanted) if wanted.isdecimal() and int(wanted) > 0 else cores()


def _quota(group: Path) -> int | None:
    """Return the cores that a group's time amounts to, None without a limit: version 2, then version 1."""
    words = _text(group / "cpu.max").split()
    if len(words) == 2 and all(word.isdecimal() for word in words):
        quota, period = int(words[0]), int(words[1])
    else:
        quota, period = _number(group / "cpu.cfs_quota_us"), _number(group / "cpu.cfs_period_us")
    return -(-quota // period) if quota > 0 and period > 0 else None


def _groups(root: Path, controller: str) -> Iterator[Path]:
    """Yield the folders of the control groups that this process is in, of both versions, up to the outermost."""
    paths = _own_paths(root, controller)
    for line in _text(root / "proc/self/mountinfo").splitlines():
        before, _, after = line.partition(" - ")
        fields, kind = before.split(" "), after.split(" ")
        if len(fields) < 5 or len(kind) < 3:
            continue
        version = {"cgroup2": 2, "cgroup": 1}.get(kind[0])
        if version in paths and (version == 2 or controller in kind[2].split(",")):
            top = root / fields[4].lstrip("/")
            yield from _upward(top, _below(fields[3], paths[version]))


def _own_paths(root: Path, controller: str) -> dict[int, str]:
    """Return the path of this process in the tree of each version: lines are `number:controllers:path`."""
    paths = {}
    for line in _text(root / "proc/self/cgroup").splitlines():
        number, _, rest = line.partition(":")
        names, _, path = rest.partition(":")
        if number == "0" and not names:
            paths[2] = path
        elif controller in names.split(","):
            paths[1] = path
    return paths


def _below(mounted: str, path: str) -> str:
    """Return `path` below the part of the tree that is mounted; outside of it, the mount is all that is to be seen."""
    mounted = mounted.rstrip("/")
    return path.removeprefix(mounted).strip("/") if f"{path}/".startswith(f"{mounted}/") else ""


def _upward(top: Path, path: str) -> Iterator[Path]:
    group = top / path if ".." not in path.split("/") else top
    while True:
        yield group
        if group == top:
            return
        group = group.parent


def _number(path: Path) -> int:
    """Return the number in a file, -1 where there is none: no file, or `max`."""
    text = _text(path).strip()
    return int(text) if text.isdecimal() else -1


def _text(path: Path) -> str:
    with suppress(OSError, ValueError):
        return path.read_text()
    return ""

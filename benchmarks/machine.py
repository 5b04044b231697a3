"""Where and with what a measurement was made, for JSON and for the line under a table."""

import os
import platform
import subprocess
from dataclasses import dataclass
from datetime import UTC, datetime
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path

PACKAGES = ("hybridcodec", "torch", "numpy", "numba", "constriction", "pillow", "imagecodecs")


@dataclass(frozen=True)
class Machine:
    """Facts that a figure needs to be understood; `commit` is that of the repository, with + where files differ."""

    processor: str
    cores: int
    system: str
    python: str
    packages: dict[str, str]
    commit: str
    date: str

    @property
    def line(self) -> str:
        """All in one sentence part."""
        packages = ", ".join(f"{name} {number}" for name, number in self.packages.items())
        return (
            f"{self.processor}, {self.cores} cores; {self.system}; Python {self.python}; {packages}; "
            f"commit {self.commit}; {self.date}"
        )


def this_machine() -> Machine:
    """Return the facts about this machine, now."""
    return Machine(
        processor=_processor(),
        cores=os.cpu_count() or 1,
        system=f"{platform.system()} {platform.machine()}",
        python=platform.python_version(),
        packages={name: number for name in PACKAGES if (number := _version(name))},
        commit=_commit(),
        date=datetime.now(UTC).date().isoformat(),
    )


def _processor() -> str:
    information = Path("/proc/cpuinfo")
    lines = information.read_text(encoding="utf-8").splitlines() if information.exists() else []
    facts = {key.strip(): value.strip() for key, _, value in (line.partition(":") for line in lines)}
    name = facts.get("model name") or platform.processor() or platform.machine()
    flags = facts.get("flags", "").split()
    widest = next((label for flag, label in (("avx512f", "AVX-512"), ("avx2", "AVX2")) if flag in flags), "")
    return f"{name} ({widest})" if widest else name


def _version(package: str) -> str:
    try:
        return version(package)
    except PackageNotFoundError:
        return ""


def _commit() -> str:
    try:
        done = subprocess.run(
            ["git", "describe", "--always", "--dirty=+", "--exclude=*"],  # noqa: S607 - whichever git is used here
            capture_output=True, text=True, check=True, cwd=Path(__file__).parent,
        )  # fmt: skip
    except (OSError, subprocess.CalledProcessError):
        return "unknown"
    return done.stdout.strip()

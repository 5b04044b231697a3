"""How much memory this process holds and has held at most, in megabytes of 10^6 bytes."""

import resource
import sys
from pathlib import Path

STATUS = Path("/proc/self/status")


def peak_mb() -> float:
    """Return the largest resident set of this process so far.

    On Linux it is VmHWM: unlike `ru_maxrss`, it does not begin with the memory of the process that started this one.
    """
    if STATUS.exists():
        return _status("VmHWM")
    unit = 1 if sys.platform == "darwin" else 1024
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * unit / 1e6


def resident_mb() -> float:
    """Return the resident set of this process now; where that is unknown, the largest so far."""
    return _status("VmRSS") if STATUS.exists() else peak_mb()


def _status(field: str) -> float:
    lines = STATUS.read_text(encoding="ascii").splitlines()
    kilobytes = next(line.split()[1] for line in lines if line.startswith(f"{field}:"))
    return int(kilobytes) * 1024 / 1e6

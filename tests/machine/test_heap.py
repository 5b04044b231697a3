"""Large blocks go back to the system."""

import subprocess
import sys
from pathlib import Path

import pytest

PROGRAM = """
import sys
import numpy as np
from hybridcodec.machine.heap import return_large_blocks
if sys.argv[1] == "asked":
    return_large_blocks()
def resident():
    lines = open("/proc/self/status").read().splitlines()
    return next(int(line.split()[1]) for line in lines if line.startswith("VmRSS"))
np.ones(30_000_000, np.uint8)
before, kept = resident(), []
for _ in range(8):
    block = np.ones(9_000_000, np.uint8)
    kept.append(np.ones(40_000, np.uint8))
    del block
    block = [np.ones(3_000_000, np.uint8) for _ in range(3)]
    kept.append(np.ones(40_000, np.uint8))
    del block
print(resident() - before)
"""


@pytest.mark.skipif(not Path("/proc/self/status").exists(), reason="no /proc tells what is resident")
def test_blocks_that_are_free_are_not_kept_in_a_heap_full_of_holes() -> None:
    found = subprocess.run([sys.executable, "-c", PROGRAM, "asked"], capture_output=True, text=True, check=True)
    assert int(found.stdout) < 3_000  # kilobytes

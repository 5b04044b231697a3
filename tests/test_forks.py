"""A process that is forked after the library was used works: it decodes, and encodes the same bytes."""

import os
import signal
import subprocess
import sys

import pytest

PROGRAM = """
import os, sys
import numpy as np
from hybridcodec import decode, encode

if sys.argv[2] == "default":
    import torch
    torch.set_num_threads(2)
picture = np.random.default_rng(1).integers(0, 256, (int(sys.argv[1]), 300, 3)).astype(np.uint8)
before = encode(picture)
assert np.array_equal(decode(before), picture)
child = os.fork()
if child == 0:
    after = encode(picture)
    os._exit(0 if after == before and np.array_equal(decode(before), picture) else 1)
print(os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]), flush=True)
assert encode(picture) == before
"""
POOL = """
import multiprocessing
import numpy as np
from hybridcodec import decode, encode

def both(seed):
    picture = np.random.default_rng(seed).integers(0, 256, (20, 30)).astype(np.uint8)
    return np.array_equal(decode(encode(picture)), picture)

assert both(0)
with multiprocessing.get_context("fork").Pool(2) as pool:
    print(pool.map(both, range(4)))
"""

LATE = """
import multiprocessing
import torch

def both(seed):
    import numpy as np
    from hybridcodec import decode, encode
    picture = np.random.default_rng(seed).integers(0, 256, (300, 300)).astype(np.uint8)
    return np.array_equal(decode(encode(picture)), picture)

torch.set_num_threads(2)
torch.nn.functional.conv2d(torch.ones(1, 64, 128, 128), torch.ones(64, 64, 3, 3))
with multiprocessing.get_context("fork").Pool(1) as pool:
    print(pool.map(both, [1]))
"""


def run(program: str, *arguments: str) -> str:
    """Run a program, which is ended with all its children where it hangs, and return what it prints."""
    environment = {**os.environ, "PYTHONPATH": os.pathsep.join(path for path in sys.path if path)}
    environment.pop("OMP_NUM_THREADS", None)
    command = [sys.executable, "-W", "ignore::DeprecationWarning", "-c", program, *arguments]
    process = subprocess.Popen(
        command, env=environment, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, start_new_session=True
    )
    try:
        output, errors = process.communicate(timeout=240)
    except subprocess.TimeoutExpired:
        os.killpg(process.pid, signal.SIGKILL)
        process.communicate()
        pytest.fail("the child hangs")
    assert process.returncode == 0, errors
    return output.strip()


@pytest.mark.skipif(not hasattr(os, "fork"), reason="this system does not fork")
@pytest.mark.parametrize("rows", [20, 300])
def test_a_fork_of_a_process_that_used_the_library_encodes_and_decodes(rows: int) -> None:
    """Small pictures take one thread, large ones those of torch and of the matrix library."""
    assert run(PROGRAM, str(rows), "default") == "0"


@pytest.mark.skipif(not hasattr(os, "fork"), reason="this system does not fork")
def test_a_pool_of_forks_works() -> None:
    assert run(POOL) == "[True, True, True, True]"


@pytest.mark.skipif(not hasattr(os, "fork"), reason="this system does not fork")
def test_a_child_that_imports_the_library_after_the_fork_works() -> None:
    assert run(LATE) == "[True]"

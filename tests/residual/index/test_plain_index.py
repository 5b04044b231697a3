"""The stream of the coder of screens stays as it is, and does not depend on the compiler."""

import hashlib
import os
import subprocess
import sys
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from hybridcodec.modes import Backend
from hybridcodec.residual.index import tile

PROGRAM = """
import hashlib, sys
import numpy as np
from hybridcodec.modes import Backend
from hybridcodec.residual.index import tile
values = np.load(sys.argv[1])
data = tile.encode(values, 8, lambda: None)
assert (tile.decode(data, values.shape, 8, lambda: None, Backend.COMPILED) == values).all()
print(hashlib.sha256(data).hexdigest())
"""
SMALL = (
    "9164037b53b6ac3976b6c0b3611dedc8d606a56d608f95b7124b3cfff5c42c6515de8f1e5b86c038c3c4b9e9c4f9203159bb"
    "9639d4cd165c701c7101129a9414d17f9887a1226174821606f0a39d0c861f0af537a0ad45060992a40607fb0b2d2a11c2b4"
    "ac8bcca8"
)


def values() -> NDArray[np.int32]:
    random = np.random.default_rng(1)
    found = random.integers(0, 3, (14, 18, 3)).astype(np.int32) * 40
    found[4:10, 3:12] = random.integers(0, 256, (6, 9, 3))
    found[11:, 5:] = 7
    return found


def test_the_kernels_give_the_same_bits_when_they_run_as_plain_python(tmp_path: Path) -> None:
    np.save(tmp_path / "values.npy", values())
    environment = {**os.environ, "NUMBA_DISABLE_JIT": "1", "PYTHONPATH": os.pathsep.join(filter(None, sys.path))}
    command = [sys.executable, "-c", PROGRAM, str(tmp_path / "values.npy")]
    found = subprocess.run(command, env=environment, capture_output=True, text=True, check=False)
    assert found.returncode == 0, found.stderr
    assert found.stdout.split() == [hashlib.sha256(tile.encode(values(), 8, lambda: None)).hexdigest()]


def test_a_tile_is_the_bytes_that_it_always_was() -> None:
    small = values()[3:8, 2:8]
    assert tile.encode(small, 8, lambda: None).hex() == SMALL
    assert np.array_equal(tile.decode(bytes.fromhex(SMALL), small.shape, 8, lambda: None, Backend.COMPILED), small)

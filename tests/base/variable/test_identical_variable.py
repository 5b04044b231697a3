"""The same bits of base coder 2 under every instruction set and thread count."""

import hashlib
import os
import subprocess
import sys
from pathlib import Path

import base_models
import pytest

from hybridcodec import Options, encode
from hybridcodec.base import Rate
from hybridcodec.base.geometry import LatentGrid
from hybridcodec.base.variable.encoder import encode_base
from hybridcodec.loading import load_analysis, load_base
from hybridcodec.models.shipped import SHIPPED

DIGEST = SHIPPED["base-v2"].digest
PROGRAM = """
import hashlib, sys
from pathlib import Path
from hybridcodec.base.geometry import LatentGrid
from hybridcodec.base.variable.decoder import decode_base
from hybridcodec.loading import load_base
lengths = [int(v) for v in sys.argv[2].split(",")]
data = Path(sys.argv[1]).read_bytes()
parts = [data[sum(lengths[:i]) : sum(lengths[: i + 1])] for i in range(len(lengths))]
picture = decode_base(parts[0], parts[1:], 3, load_base(sys.argv[3]).model, LatentGrid(272, 304, 128))
print(hashlib.sha256(picture.tobytes()).hexdigest(), "torch" in sys.modules)
"""
SETTINGS = [
    ({"OPENBLAS_CORETYPE": "Prescott", "NPY_DISABLE_CPU_FEATURES": "AVX2 FMA3 AVX512F"}, 1),
    ({"OPENBLAS_CORETYPE": "Nehalem"}, 2),
    ({"OPENBLAS_CORETYPE": "Haswell"}, 3),
    ({"OPENBLAS_CORETYPE": "Zen"}, 2),
]
"""Processors that the matrix library is told it runs on, and threads of ours."""


@pytest.fixture(scope="module")
def written() -> tuple[list[bytes], str]:
    """Payloads of a picture, and the hash of what they decode to."""
    samples = base_models.photograph_like(272, 304)
    grid = LatentGrid(272, 304, 128)
    payload, picture = encode_base(samples, load_base(DIGEST).model, load_analysis(DIGEST), grid, Rate())
    return [payload.common, *payload.tiles], hashlib.sha256(picture.tobytes()).hexdigest()


@pytest.mark.parametrize(("setting", "threads"), SETTINGS)
def test_every_instruction_set_and_thread_count_decodes_alike_and_without_torch(
    tmp_path: Path, written: tuple[list[bytes], str], setting: dict[str, str], threads: int
) -> None:
    parts, expected = written
    (tmp_path / "parts").write_bytes(b"".join(parts))
    lengths = ",".join(str(len(part)) for part in parts)
    environment = {
        **os.environ,
        **setting,
        "HYBRIDCODEC_THREADS": str(threads),
        "PYTHONPATH": os.pathsep.join(sys.path),
    }
    command = [sys.executable, "-c", PROGRAM, str(tmp_path / "parts"), lengths, DIGEST]
    found = subprocess.run(command, env=environment, capture_output=True, text=True, check=True)
    assert found.stdout.split() == [expected, "False"]


ENCODE = """
import hashlib, base_models
from hybridcodec import Options, encode
from hybridcodec.machine import tiles
data = encode(base_models.photograph_like(272, 304), mode="perceptual", options=Options(quality=40))
print(hashlib.sha256(data).hexdigest(), tiles.available())
"""


def test_a_plain_processor_writes_the_same_file_on_other_threads() -> None:
    expected = encode(base_models.photograph_like(272, 304), mode="perceptual", options=Options(quality=40))
    environment = {
        **os.environ,
        "NUMBA_CPU_NAME": "generic",
        "HYBRIDCODEC_THREADS": "3",
        "PYTHONPATH": os.pathsep.join(sys.path),
    }
    command = [sys.executable, "-c", ENCODE]
    found = subprocess.run(command, env=environment, capture_output=True, text=True, check=True)
    assert found.stdout.split() == [hashlib.sha256(expected).hexdigest(), "False"]

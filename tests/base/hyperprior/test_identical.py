"""The same bits under every instruction set, thread count and device."""

import hashlib
import os
import subprocess
import sys
from pathlib import Path

import base_models
import pytest

from hybridcodec.base.hyperprior.decoder import decode_base
from hybridcodec.base.hyperprior.encoder import encode_base

PROGRAM = """
import hashlib, sys
from pathlib import Path
import base_models
from hybridcodec.base.hyperprior.decoder import decode_base
lengths = [int(v) for v in sys.argv[2].split(",")]
data = Path(sys.argv[1]).read_bytes()
parts = [data[sum(lengths[:i]) : sum(lengths[: i + 1])] for i in range(len(lengths))]
picture = decode_base(parts[0], parts[1:], (272, 304, 3), base_models.random_model(), tile=128)
print(hashlib.sha256(picture.tobytes()).hexdigest())
"""

SETTINGS = [
    ({"OPENBLAS_CORETYPE": "Prescott", "NPY_DISABLE_CPU_FEATURES": "AVX2 FMA3 AVX512F"}, 1),
    ({"OPENBLAS_CORETYPE": "Nehalem"}, 2),
    ({"OPENBLAS_CORETYPE": "Sandybridge"}, 1),
    ({"OPENBLAS_CORETYPE": "Haswell"}, 3),
    ({"OPENBLAS_CORETYPE": "Zen"}, 2),
    ({"OPENBLAS_NUM_THREADS": "1"}, 2),
    ({"ONEDNN_DEFAULT_FPMATH_MODE": "BF16"}, 1),
]
"""Processors that the matrix library is told it runs on, and threads of ours."""


@pytest.mark.parametrize(("setting", "threads"), SETTINGS)
def test_every_instruction_set_and_thread_count_decodes_alike(
    tmp_path: Path, setting: dict[str, str], threads: int
) -> None:
    samples = base_models.photograph_like(272, 304)
    payload, picture = encode_base(samples, base_models.random_model(), base_models.random_analysis(), tile=128)
    parts = [payload.common, *payload.tiles]
    (tmp_path / "parts").write_bytes(b"".join(parts))
    lengths = ",".join(str(len(part)) for part in parts)
    tests = str(Path(__file__).parents[2])
    environment = {
        **os.environ,
        **setting,
        "HYBRIDCODEC_THREADS": str(threads),
        "PYTHONPATH": os.pathsep.join([tests, *sys.path]),
    }
    command = [sys.executable, "-c", PROGRAM, str(tmp_path / "parts"), lengths]
    found = subprocess.run(command, env=environment, capture_output=True, text=True, check=True)
    assert found.stdout.strip() == hashlib.sha256(picture.tobytes()).hexdigest()


def test_windows_of_one_latent_and_of_everything_agree_on_a_tiny_picture() -> None:
    payload, picture = encode_base(
        base_models.photograph_like(33, 47), base_models.random_model(), base_models.random_analysis()
    )
    decoded = decode_base(payload.common, payload.tiles, (33, 47, 3), base_models.random_model(), window=1)
    assert (decoded == picture).all()


IMPRECISE = """
import numpy as np, torch
from hybridcodec import decode, encode
torch.set_float32_matmul_precision("medium")
picture = np.random.default_rng(1).integers(0, 256, (70, 90, 3)).astype(np.uint8)
data = encode(picture)
print(np.array_equal(decode(data), picture), decode(data, layer="perceptual").shape)
"""


def test_files_written_where_arithmetic_may_be_imprecise_are_right() -> None:
    """The networks of the encoder may then choose other latents; what these stand for is computed exactly."""
    environment = {**os.environ, "ONEDNN_DEFAULT_FPMATH_MODE": "BF16"}
    environment["PYTHONPATH"] = os.pathsep.join(path for path in sys.path if path)
    found = subprocess.run(
        [sys.executable, "-c", IMPRECISE], env=environment, capture_output=True, text=True, check=False
    )
    assert found.stdout.strip() == "True (70, 90, 3)", found.stderr

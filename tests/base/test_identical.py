"""The same bits under every instruction set, thread count and device."""

import hashlib
import os
import subprocess
import sys
from pathlib import Path

import base_models
import numpy as np
import pytest
import torch

from hybridcodec.base import decode_base, encode_base

PROGRAM = """
import hashlib, sys, torch
from pathlib import Path
import base_models
from hybridcodec.base import decode_base
torch.set_num_threads(int(sys.argv[2]))
lengths = [int(v) for v in sys.argv[3].split(",")]
data = Path(sys.argv[1]).read_bytes()
parts = [data[sum(lengths[:i]) : sum(lengths[: i + 1])] for i in range(len(lengths))]
picture = decode_base(parts[0], parts[1:], 200, 300, 3, base_models.random_model(), tile=128)
print(hashlib.sha256(picture.tobytes()).hexdigest())
"""

SETTINGS = [
    ({"ATEN_CPU_CAPABILITY": "default"}, 1),
    ({"ATEN_CPU_CAPABILITY": "avx2"}, 2),
    ({"ATEN_CPU_CAPABILITY": "avx512"}, 1),
    ({"ONEDNN_MAX_CPU_ISA": "SSE41"}, 2),
    ({"ONEDNN_MAX_CPU_ISA": "AVX2"}, 1),
    ({"ATEN_CPU_CAPABILITY": "default", "ONEDNN_MAX_CPU_ISA": "SSE41"}, 1),
]


@pytest.mark.parametrize(("setting", "threads"), SETTINGS)
def test_every_instruction_set_and_thread_count_decodes_alike(
    tmp_path: Path, setting: dict[str, str], threads: int
) -> None:
    samples = base_models.photograph_like(200, 300)
    payload, picture = encode_base(samples, base_models.random_model(), base_models.random_analysis(), tile=128)
    parts = [payload.common, *payload.tiles]
    (tmp_path / "parts").write_bytes(b"".join(parts))
    lengths = ",".join(str(len(part)) for part in parts)
    tests = str(Path(__file__).parents[1])
    environment = {**os.environ, **setting, "PYTHONPATH": os.pathsep.join([tests, *sys.path])}
    command = [sys.executable, "-c", PROGRAM, str(tmp_path / "parts"), str(threads), lengths]
    found = subprocess.run(command, env=environment, capture_output=True, text=True, check=True)
    assert found.stdout.strip() == hashlib.sha256(picture.tobytes()).hexdigest()


@pytest.mark.skipif(not torch.cuda.is_available(), reason="no CUDA device here")
def test_cuda_computes_what_the_cpu_computes() -> None:
    model = base_models.random_model()
    y_hat = torch.from_numpy(np.random.default_rng(1).integers(-2047, 2048, (1, 96, 20, 30))).float()
    assert torch.equal(model.g_s(y_hat), model.g_s(y_hat.cuda()).cpu())


def test_windows_of_one_latent_and_of_everything_agree_on_a_tiny_picture() -> None:
    payload, picture = encode_base(
        base_models.photograph_like(33, 47), base_models.random_model(), base_models.random_analysis()
    )
    decoded = decode_base(payload.common, payload.tiles, 33, 47, 3, base_models.random_model(), window=1)
    assert (decoded == picture).all()

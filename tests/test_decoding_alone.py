"""Files are decoded and made without torch and constriction: golden files and commands."""

import hashlib
import json
import os
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
import residual_models

from hybridcodec import encode

FOLDER = Path(__file__).parents[1] / "container" / "golden" / "v2.0" / "pictures"
BLOCKER = """
import sys

class Blocker:
    def find_spec(self, name, path=None, target=None):
        if name.split(".")[0] in ("torch", "constriction"):
            raise ImportError(f"{name} is not here")

sys.meta_path.insert(0, Blocker())
"""
DECODE_ALL = """
import json
from pathlib import Path
from hybridcodec_container import hash_samples
from hybridcodec import decode
for path in sorted(Path(sys.argv[1]).glob("*.json")):
    for layer, expected in json.loads(path.read_text()).items():
        if layer != "sha256":
            samples = decode(path.with_suffix(".hyc").read_bytes(), layer=layer)
            found = hash_samples(samples.reshape(*samples.shape[:2], -1)).hex()
            print(path.stem, layer, found == expected)
"""
COMMANDS = """
from hybridcodec.cli import run
for line in sys.argv[1:]:
    print(line.split()[0], run(line.split()))
"""


def without_them(program: str, *arguments: str) -> str:
    """Run a program in which they cannot be imported and return what it prints."""
    environment = {**os.environ, "PYTHONPATH": os.pathsep.join(path for path in sys.path if path)}
    command = [sys.executable, "-c", BLOCKER + program, *arguments]
    found = subprocess.run(command, env=environment, capture_output=True, text=True, check=False)
    assert found.returncode == 0, found.stderr
    return found.stdout


@pytest.mark.parametrize("name", ["torch", "constriction"])
def test_the_blocker_blocks(name: str) -> None:
    with pytest.raises(AssertionError, match=f"{name} is not here"):
        without_them(f"import {name}")


def test_every_golden_file_decodes() -> None:
    expected = [
        f"{path.stem} {layer} True"
        for path in FOLDER.glob("*.json")
        for layer in json.loads(path.read_text())
        if layer != "sha256"
    ]
    assert len(expected) > 20
    assert sorted(without_them(DECODE_ALL, str(FOLDER)).splitlines()) == sorted(expected)


def test_every_command_that_reads_a_file_runs(tmp_path: Path) -> None:
    golden = FOLDER / "rgb.hyc"
    lines = [
        f"info {golden}",
        f"verify {golden}",
        f"extract {golden} {tmp_path / 'small.hyc'}",
        f"decode {golden} {tmp_path / 'out.png'}",
        f"decode --layer perceptual {tmp_path / 'small.hyc'} {tmp_path / 'preview.png'}",
    ]
    printed = without_them(COMMANDS, *lines).splitlines()
    for line in lines:
        assert f"{line.split()[0]} 0" in printed
    assert (tmp_path / "preview.png").stat().st_size > 0


ENCODE = """
import hashlib
import numpy as np
from hybridcodec import Options, UnsupportedError, encode
samples = np.random.default_rng(1).integers(0, 256, (40, 50, 3)).astype(np.uint8)
for mode in ("lossless", "perceptual"):
    print(hashlib.sha256(encode(samples, mode=mode)).hexdigest())
try:
    encode(samples, mode="perceptual", options=Options(effort="best"))
except UnsupportedError as error:
    print(error)
"""


def test_files_are_the_same_without_them_and_what_needs_torch_says_so() -> None:
    samples = np.random.default_rng(1).integers(0, 256, (40, 50, 3)).astype(np.uint8)
    *found, refused = without_them(ENCODE).splitlines()
    assert found == [hashlib.sha256(encode(samples, mode=mode)).hexdigest() for mode in ("lossless", "perceptual")]
    assert refused.startswith("an effort of best for previews needs torch (extra `best`), which cannot be imported")


TILE = """
import hashlib, numpy as np, residual_models
samples, base = residual_models.pair(30, 20)
for payload in residual_models.encode(samples, base, residual_models.shipped_model(), tile=(15, 20)):
    print(hashlib.sha256(payload).hexdigest())
"""


def test_streams_are_the_same_bytes_without_constriction() -> None:
    samples, base = residual_models.pair(30, 20)
    payloads = residual_models.encode(samples, base, residual_models.shipped_model(), tile=(15, 20))
    folder = f"import sys\nsys.path.insert(0, {str(Path(__file__).parent)!r})\n"
    assert without_them(folder + TILE).split() == [hashlib.sha256(payload).hexdigest() for payload in payloads]

"""Golden files of display layers give the pictures that they always gave, on any instruction set."""

import hashlib
import json
import os
import subprocess
import sys
from pathlib import Path

import pytest
from hybridcodec_container import hash_samples

from hybridcodec import Layer, check, decode

FOLDER = Path(__file__).parents[1] / "container" / "golden" / "v2.0" / "displays"
NAMES = sorted(path.stem for path in FOLDER.glob("*.hyc"))
PROGRAM = """
import sys
from pathlib import Path
from hybridcodec import decode
from hybridcodec_container import hash_samples
samples = decode(Path(sys.argv[1]).read_bytes(), layer="perceptual")
print(hash_samples(samples.reshape(*samples.shape[:2], -1)).hex(), "torch" in sys.modules)
"""


def load(name: str) -> tuple[bytes, dict[str, str]]:
    data, record = (FOLDER / f"{name}.hyc").read_bytes(), json.loads((FOLDER / f"{name}.json").read_text())
    assert hashlib.sha256(data).hexdigest() == record.pop("sha256"), "a golden file was changed"
    return data, record


def test_no_golden_file_is_missing_and_each_says_that_it_was_generated() -> None:
    assert len(NAMES) == 6
    for name in NAMES:
        assert check(load(name)[0]).generated


@pytest.mark.parametrize("backend", ["compiled", "reference"])
@pytest.mark.parametrize("name", NAMES)
def test_golden_files_give_the_pictures_they_always_gave(name: str, backend: str) -> None:
    data, record = load(name)
    assert set(record) == {"perceptual", "base"}
    for layer, expected in record.items():
        samples = decode(data, layer=Layer(layer), backend=backend)
        assert hash_samples(samples.reshape(*samples.shape[:2], -1)).hex() == expected


@pytest.mark.parametrize(
    ("setting", "threads"),
    [
        ({"NUMBA_CPU_NAME": "generic", "OPENBLAS_CORETYPE": "Nehalem"}, 1),
        ({"NUMBA_CPU_NAME": "haswell", "OPENBLAS_CORETYPE": "Haswell"}, 2),
        ({"OPENBLAS_CORETYPE": "Zen"}, 4),
    ],
)
def test_other_instruction_sets_and_thread_counts_make_the_same_picture_without_torch(
    setting: dict[str, str], threads: int
) -> None:
    path = FOLDER / "quality_33.hyc"
    environment = {
        **os.environ,
        **setting,
        "HYBRIDCODEC_THREADS": str(threads),
        "PYTHONPATH": os.pathsep.join(sys.path),
    }
    command = [sys.executable, "-c", PROGRAM, str(path)]
    found = subprocess.run(command, env=environment, capture_output=True, text=True, check=True)
    assert found.stdout.split() == [json.loads(path.with_suffix(".json").read_text())["perceptual"], "False"]

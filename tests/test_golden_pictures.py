"""Golden files of the codec: every released file gives the same samples, on every machine. Nothing here writes them."""

import hashlib
import json
import os
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
from hybridcodec_container import hash_samples

from hybridcodec import Layer, Mode, check, decode, read_info, read_metadata

FOLDER = Path(__file__).parents[1] / "container" / "golden" / "v2.0" / "pictures"
NAMES = [
    "dots",
    "doubled_best",
    "extract",
    "gray",
    "gray_best",
    "gray_tiles",
    "near_lossless_accepted",
    "near_lossless_all_black",
    "near_lossless_best",
    "near_lossless_fast",
    "near_lossless_gray",
    "near_lossless_normal",
    "one_column",
    "one_gray_pixel",
    "one_pixel",
    "one_row",
    "perceptual",
    "rgb",
    "rgb_best",
    "rgb_fast",
    "rgb_normal",
    "small_tiles",
    "two_tiles",
]


def load(name: str) -> tuple[bytes, dict[str, str]]:
    """Return a golden file and what it must give."""
    data, record = (FOLDER / f"{name}.hyc").read_bytes(), json.loads((FOLDER / f"{name}.json").read_text())
    assert hashlib.sha256(data).hexdigest() == record.pop("sha256"), "a golden file was changed"
    return data, record


def test_no_golden_file_is_missing_or_unread() -> None:
    assert sorted(path.name for path in FOLDER.glob("*.hyc")) == [f"{name}.hyc" for name in NAMES]
    assert sorted(path.name for path in FOLDER.glob("*.json")) == [f"{name}.json" for name in NAMES]


@pytest.mark.parametrize("name", NAMES)
def test_golden_picture_gives_the_samples_it_always_gave(name: str) -> None:
    data, record = load(name)
    assert set(record) == ({"perceptual"} if read_info(data).mode is Mode.PERCEPTUAL else {"perceptual", "exact"})
    for layer, expected in record.items():
        samples = decode(data, layer=Layer(layer))
        assert hash_samples(samples.reshape(*samples.shape[:2], -1)).hex() == expected
    assert check(data).width == samples.shape[1]


def test_golden_metadata_stays_as_it_was() -> None:
    metadata = read_metadata(load("rgb")[0])
    assert metadata.icc == b"a profile " * 20
    assert metadata.exif.startswith(b"II*\0")
    assert metadata.xmp == b"<x:xmpmeta/>"


def test_the_extract_shows_what_the_whole_file_shows() -> None:
    assert np.array_equal(decode(load("extract")[0], layer="perceptual"), decode(load("rgb")[0], layer="perceptual"))


def test_they_are_of_every_effort() -> None:
    found = [read_info(load(name)[0]).effort.split(",")[0] for name in NAMES]
    assert {effort for effort in found if effort} == {"fast", "normal", "best"}


def test_tiles_of_another_size_give_the_same_exact_picture() -> None:
    assert load("small_tiles")[1]["exact"] == load("two_tiles")[1]["exact"]


PROGRAM = """
import json, sys
from pathlib import Path
from hybridcodec_container import hash_samples
from hybridcodec import decode
for path in sorted(Path(sys.argv[1]).glob("*.json")):
    data = path.with_suffix(".hyc").read_bytes()
    for layer, expected in json.loads(path.read_text()).items():
        if layer != "sha256":
            samples = decode(data, layer=layer)
            found = hash_samples(samples.reshape(*samples.shape[:2], -1)).hex()
            print(path.stem, layer, found == expected)
"""
MACHINES = [
    ({"OPENBLAS_CORETYPE": "Prescott", "NPY_DISABLE_CPU_FEATURES": "AVX2 FMA3 AVX512F"}, 1),
    ({"OPENBLAS_CORETYPE": "Haswell"}, 2),
    ({"NUMBA_CPU_NAME": "generic", "NUMBA_CPU_FEATURES": ""}, 1),
    ({"NUMBA_ENABLE_AVX": "0", "NUMBA_OPT": "1"}, 2),
]


@pytest.mark.parametrize(("machine", "threads"), MACHINES)
def test_every_instruction_set_and_thread_count_gives_the_same_samples(
    tmp_path: Path, machine: dict[str, str], threads: int
) -> None:
    environment = {**os.environ, **machine, "HYBRIDCODEC_THREADS": str(threads)}
    environment["PYTHONPATH"] = os.pathsep.join(path for path in sys.path if path)
    if any(name.startswith("NUMBA") for name in machine):  # compile anew; the others may use what is compiled already
        environment["NUMBA_CACHE_DIR"] = str(tmp_path)
    command = [sys.executable, "-c", PROGRAM, str(FOLDER)]
    found = subprocess.run(command, env=environment, capture_output=True, text=True, check=False)
    assert found.returncode == 0, found.stderr
    records = {path: json.loads(path.read_text()) for path in FOLDER.glob("*.json")}
    expected = [
        f"{path.stem} {layer} True" for path, layers in records.items() for layer in layers if layer != "sha256"
    ]
    assert sorted(found.stdout.splitlines()) == sorted(expected)

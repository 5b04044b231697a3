"""Golden files of residual coder 6 give the samples that they always gave. Nothing here writes them."""

import hashlib
import json
from pathlib import Path

import pytest
from hybridcodec_container import hash_samples

from hybridcodec import Layer, decode, read_info

FOLDER = Path(__file__).parents[1] / "container" / "golden" / "v2.0" / "adaptive"
NAMES = sorted(path.stem for path in FOLDER.glob("*.hyc"))


def load(name: str) -> tuple[bytes, dict[str, str]]:
    data, record = (FOLDER / f"{name}.hyc").read_bytes(), json.loads((FOLDER / f"{name}.json").read_text())
    assert hashlib.sha256(data).hexdigest() == record.pop("sha256"), "a golden file was changed"
    return data, record


def test_no_golden_file_is_missing_and_all_are_of_coder_6_at_every_effort() -> None:
    assert len(NAMES) == 14
    assert sorted(path.stem for path in FOLDER.glob("*.json")) == NAMES
    found = [read_info(load(name)[0]) for name in NAMES]
    assert {info.coders for info in found} == {(6,)}
    assert {info.effort.split(",")[0] for info in found} == {"fast", "normal", "best"}


@pytest.mark.parametrize("backend", ["compiled", "reference"])
@pytest.mark.parametrize("name", NAMES)
def test_golden_files_give_the_samples_they_always_gave(name: str, backend: str) -> None:
    data, record = load(name)
    assert set(record) == {"perceptual", "exact"}
    for layer, expected in record.items():
        samples = decode(data, layer=Layer(layer), backend=backend)
        assert hash_samples(samples.reshape(*samples.shape[:2], -1)).hex() == expected

"""Golden files of base coder 2 give the samples that they always gave. Nothing here writes them."""

import hashlib
import json
from pathlib import Path

import pytest
from hybridcodec_container import hash_samples
from hyc_files import only

from hybridcodec import Layer, Mode, decode, read_info

FOLDER = Path(__file__).parents[1] / "container" / "golden" / "v2.0" / "rates"
NAMES = sorted(path.stem for path in FOLDER.glob("*.hyc"))


def load(name: str) -> tuple[bytes, dict[str, str]]:
    data, record = (FOLDER / f"{name}.hyc").read_bytes(), json.loads((FOLDER / f"{name}.json").read_text())
    assert hashlib.sha256(data).hexdigest() == record.pop("sha256"), "a golden file was changed"
    return data, record


def test_no_golden_file_is_missing_and_all_are_of_base_coder_2() -> None:
    assert len(NAMES) == 9
    assert sorted(path.stem for path in FOLDER.glob("*.json")) == NAMES
    for name in NAMES:
        layer = only(load(name)[0]).base
        assert layer is not None
        assert {tile.coder for tile in layer.tiles} == {2}


@pytest.mark.parametrize("backend", ["compiled", "reference"])
@pytest.mark.parametrize("name", NAMES)
def test_golden_files_give_the_samples_they_always_gave(name: str, backend: str) -> None:
    data, record = load(name)
    assert set(record) == ({"perceptual"} if read_info(data).mode is Mode.PERCEPTUAL else {"perceptual", "exact"})
    for layer, expected in record.items():
        samples = decode(data, layer=Layer(layer), backend=backend)
        assert hash_samples(samples.reshape(*samples.shape[:2], -1)).hex() == expected

"""Golden files of every kind of samples and of kept files give the same samples and files. Nothing here writes them."""

import hashlib
import json
from pathlib import Path

import pytest

from hybridcodec import Layer, decode, decode_picture, read_info
from hybridcodec.everything import decode_each
from hybridcodec.keeping import rebuild_source
from hybridcodec.proof.checks import sample_hash

FOLDER = Path(__file__).parents[1] / "container" / "golden" / "v2.0" / "kinds"
KINDS = sorted(path.stem for path in FOLDER.glob("*.hyc"))
KEPT = sorted(f"../kept/{path.stem}" for path in FOLDER.parent.joinpath("kept").glob("*.hyc"))
NAMES = KINDS + KEPT
NEEDED = {"../kept/jpeg_lepton": "lepton_jpeg_python", "../kept/jpeg_jpegxl": "imagecodecs"}
"""What unpacks a kept file."""


def load(name: str) -> tuple[bytes, dict[str, object]]:
    data, record = (FOLDER / f"{name}.hyc").read_bytes(), json.loads((FOLDER / f"{name}.json").read_text())
    assert hashlib.sha256(data).hexdigest() == record["sha256"], "a golden file was changed"
    return data, record


def test_no_golden_file_is_missing() -> None:
    assert (len(KINDS), len(KEPT)) == (26, 9)
    assert sorted(path.stem for path in FOLDER.glob("*.json")) == KINDS
    assert len(list(FOLDER.parent.joinpath("kept").glob("*.json"))) == len(KEPT)


@pytest.mark.parametrize("backend", ["compiled", "reference"])
@pytest.mark.parametrize("name", NAMES)
def test_golden_files_give_the_samples_they_always_gave(name: str, backend: str) -> None:
    data, record = load(name)
    found = [
        {"samples": sample_hash(one.samples), "coders": list(one.info.coders)}
        for one in decode_each(data, backend=backend)
        if one.exact
    ]
    assert found == record["pictures"]


@pytest.mark.parametrize("name", [*(name for name in KINDS if name.startswith("kept")), *KEPT])
def test_golden_files_give_back_their_source_files(name: str) -> None:
    if name in NEEDED:
        pytest.importorskip(NEEDED[name], reason="the extra `jpeg` is not installed")
    data, record = load(name)
    assert hashlib.sha256(b"".join(rebuild_source(data))).hexdigest() == record["file"]


def test_a_page_in_the_midst_is_decoded_by_itself() -> None:
    data, record = load("frames")
    assert sample_hash(decode_picture(data, picture=6).samples) == record["pictures"][6]["samples"]


def test_what_was_matched_says_so() -> None:
    assert {name for name in NAMES if read_info(load(name)[0]).matching_used} == {"page_matched"}


def test_previews_are_there() -> None:
    assert decode(load("small_preview")[0], layer=Layer.PERCEPTUAL).shape == (6, 8)
    assert decode(load("window")[0], layer=Layer.PERCEPTUAL).shape == (48, 60)

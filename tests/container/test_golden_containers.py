"""Golden files of the container: every released version stays readable. Nothing here writes them."""

import hashlib
import json
from dataclasses import fields
from pathlib import Path

import hybridcodec_container
import pytest
from hybridcodec_container import Header, read_container, read_cut, read_header, scan_container

FOLDER = Path(__file__).parents[2] / "container" / "golden" / "v1.0" / "structure"
READABLE = ["lossless", "near_lossless", "perceptual", "extract", "later_minor_version"]
REFUSED = ["refused_adaptation", "refused_critical_kind"]


def load(name: str) -> tuple[bytes, dict]:
    """Return a golden file and what it must hold."""
    data, record = (FOLDER / f"{name}.hyc").read_bytes(), json.loads((FOLDER / f"{name}.json").read_text())
    assert hashlib.sha256(data).hexdigest() == record["sha256"], "a golden file was changed"
    return data, record["holds"]


def test_no_golden_file_is_missing_or_unread() -> None:
    assert sorted(path.name for path in FOLDER.glob("*.hyc")) == sorted(f"{name}.hyc" for name in READABLE + REFUSED)


def in_json(header: Header) -> dict[str, int | str]:
    named = {field.name: getattr(header, field.name) for field in fields(header)}
    return {name: value.hex() if isinstance(value, bytes) else int(value) for name, value in named.items()}


@pytest.mark.parametrize("name", READABLE)
def test_golden_file_holds_what_it_always_held(name: str) -> None:
    data, holds = load(name)
    found = read_container(data)
    assert in_json(found.header) == holds["header"]
    assert found.base_common.hex() == holds["base_common"]
    assert [tile.hex() for tile in found.base if tile is not None] == holds["base"]
    assert [tile.hex() for tile in found.residual if tile is not None] == holds["residual"]
    assert {key: getattr(found.metadata, key).hex() for key in ("icc", "exif", "xmp")} == holds["metadata"]
    assert [[kind.decode(), payload.hex()] for kind, payload in found.metadata.extra] == holds["extra"]
    assert read_cut(data) == found
    assert read_header(data)[1].complete
    assert all(report.intact for report in scan_container(data))


@pytest.mark.parametrize("name", REFUSED)
def test_golden_file_of_a_later_version_is_refused(name: str) -> None:
    data, holds = load(name)
    with pytest.raises(getattr(hybridcodec_container, holds["error"]), match="later version"):
        read_container(data)
    assert all(report.intact for report in scan_container(data))

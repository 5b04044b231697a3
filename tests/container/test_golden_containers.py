"""Golden files of the container: every released version stays readable. Nothing here writes them.

The reader of `container/reference`, which was written from FORMAT.md alone, must read the same.
"""

import hashlib
import io
import json
import runpy
from typing import Any

import hybridcodec_container
import numpy as np
import pytest
import reference_container
import reference_source
from container_files import FORMAT, STRUCTURE
from hybridcodec_container import (
    Album,
    Header,
    UnsupportedContainerError,
    read_container,
    read_cut,
    read_header,
    rebuild,
    scan_container,
)

READABLE = sorted(path.stem for path in STRUCTURE.glob("*.hyc") if not path.stem.startswith("refused_"))
REFUSED = sorted(path.stem for path in STRUCTURE.glob("refused_*.hyc"))
WITH_SOURCE = [name for name in READABLE if name.startswith("source")]
describe = runpy.run_path(str(FORMAT / "golden" / "make_structure.py"))["describe"]


def load(name: str) -> tuple[bytes, dict[str, Any]]:
    """Return a golden file and what is written of it."""
    data, record = (STRUCTURE / f"{name}.hyc").read_bytes(), json.loads((STRUCTURE / f"{name}.json").read_text())
    assert hashlib.sha256(data).hexdigest() == record["sha256"], "a golden file was changed"
    return data, record


def test_no_golden_file_is_missing() -> None:
    assert [
        *("album", "album_extract", "display", "display_tiles", "extract", "four_others", "guarded"),
        *("later_minor_version", "lossless", "low_depth", "near_lossless", "no_preview", "palette", "perceptual"),
        "rest_of_source",
        *("signed", "small_palette", "source", "source_alone", "source_by_name", "source_of_samples", "source_packed"),
        "unknown_coder",
    ] == READABLE
    assert [name.removeprefix("refused_") for name in REFUSED] == [
        *("absent_base_tile", "critical_flag", "critical_kind", "layer", "major_version", "metadata_method", "mode"),
        *("order_of_roles", "palette_bits", "role", "sample_format", "tone_method"),
    ]
    assert sorted(path.stem for path in STRUCTURE.glob("*.json")) == sorted(READABLE + REFUSED)


@pytest.mark.parametrize("name", READABLE)
def test_golden_file_holds_what_it_always_held(name: str) -> None:
    data, record = load(name)
    found = read_container(data)
    assert describe(found) == record["holds"]
    if found.pictures:
        assert read_cut(data) == found
    assert read_header(data).complete
    assert all(report.intact for report in scan_container(data))
    album = Album.open(io.BytesIO(data))
    album.prove()
    assert [album.picture(number) for number in range(len(album))] == list(found.pictures)


@pytest.mark.parametrize("name", REFUSED)
def test_golden_file_of_a_later_version_is_refused(name: str) -> None:
    data, record = load(name)
    for read in (read_container, lambda data: Album.open(data).picture(0)):
        with pytest.raises(getattr(hybridcodec_container, record["error"]), match=r"version|unknown"):
            read(data)
    assert all(report.intact for report in scan_container(data)[1:])


@pytest.mark.parametrize("name", READABLE)
def test_reference_reader_finds_the_same(name: str) -> None:
    data, record = load(name)
    assert reference_container.read(data) == record["holds"]


@pytest.mark.parametrize("name", REFUSED)
def test_reference_reader_refuses_the_same(name: str) -> None:
    with pytest.raises(reference_container.UnsupportedError):
        reference_container.read(load(name)[0])


@pytest.mark.parametrize("name", ["guarded", "display_tiles", "source"])
def test_reference_reader_accepts_no_damaged_file(name: str) -> None:
    data, _ = load(name)
    for place in range(len(data)):
        for damaged in (data[:place], data[:place] + bytes([data[place] ^ 1 << place % 8]) + data[place + 1 :]):
            with pytest.raises(reference_container.RefusedError):
                reference_container.read(damaged)


def test_what_a_source_file_held_besides_its_samples_comes_back_with_zeros_for_them() -> None:
    data, record = load("rest_of_source")
    rest = Album.open(data).rest()
    assert rest is not None
    assert b"".join(rest.filled()).hex() == record["source_file"]


@pytest.mark.parametrize("name", WITH_SOURCE)
def test_source_file_comes_back_from_samples_and_literals(name: str) -> None:
    data, record = load(name)
    found, samples = read_container(data), [np.array(rows) for rows in record["samples"]]

    def turned(samples: np.ndarray, _: Header, parameters: bytes) -> list[bytes]:
        assert parameters == b"more"
        return [samples.astype(np.uint8).tobytes()[::-1]]

    def picture_of(number: int) -> tuple[Header, np.ndarray]:
        return found.pictures[number].header, samples[number]

    def twice(taken: bytes, length: int, parameters: bytes) -> list[bytes]:
        assert (length, parameters) == (2 * len(taken), b"more")
        return [taken, taken]

    for literals in (found.source.literals(), Album.open(data).literals()):
        rebuilt = rebuild(found.source.recipe, literals, picture_of, {"turned-round": turned}, {"twice": twice})
        assert b"".join(rebuilt).hex() == record["source_file"]
    methods = {"turned-round": lambda head, samples, more: turned(samples, head, more)[0]}
    packed = {"twice": lambda taken, length, more: b"".join(twice(taken, length, more))}
    assert reference_source.rebuild(record["holds"], samples, methods, packed).hex() == record["source_file"]
    if name in ("source_by_name", "source_packed"):
        with pytest.raises(UnsupportedContainerError, match=r"turned-round|twice"):
            list(rebuild(found.source.recipe, found.source.literals(), picture_of))

"""JPEG streams are found wherever they lie, packed smaller, and come back byte for byte."""

import importlib.util
import io
from collections.abc import Iterator

import numpy as np
import pytest
from keeping_files import methods_of, rebuilt, smooth
from PIL import Image

from hybridcodec.errors import CorruptFileError, UnsupportedError
from hybridcodec.keeping import jpegxl, lepton, source_of
from hybridcodec.keeping.jpegxl import JpegXl
from hybridcodec.keeping.lepton import Lepton
from hybridcodec.keeping.method import Packer
from hybridcodec.keeping.packing import jpeg_end, packed, packed_parts

HERE = {"lepton": importlib.util.find_spec("lepton_jpeg_python"), "jpegxl": importlib.util.find_spec("imagecodecs")}
needs_lepton = pytest.mark.skipif(not HERE["lepton"], reason="lepton-jpeg-python is not installed")
PACKERS = [pytest.param(Lepton(), marks=needs_lepton)]
PACKERS += [pytest.param(JpegXl(), marks=pytest.mark.skipif(not HERE["jpegxl"], reason="imagecodecs is not installed"))]


def jpeg(quality: int = 85, **options: object) -> bytes:
    stream = io.BytesIO()
    low = smooth(16, 16, 3, 7, seed=quality)
    Image.fromarray(low).resize((160, 120)).save(stream, "JPEG", quality=quality, **options)
    return stream.getvalue()


VARIETIES = [
    {},
    {"progressive": True},
    {"subsampling": 0},
    {"restart_marker_rows": 2},
    {"comment": b"\xff\xd8\xff\xd9"},
]


@pytest.mark.parametrize("packer", PACKERS)
@pytest.mark.parametrize("options", VARIETIES, ids=str)
def test_jpegs_are_packed_smaller_and_come_back(packer: Packer, options: dict[str, object]) -> None:
    data = jpeg(**options)
    assert jpeg_end(data, 0, len(data)) == len(data)
    found = packed(data, [packer])
    assert found is not None
    name, result = found
    assert name == packer.name
    assert len(result) < 0.93 * len(data)
    assert packer.unpack(result, len(data)) == data


@needs_lepton
def test_jpegs_in_other_files_are_found_and_what_is_around_them_stays() -> None:
    first, second = jpeg(90), jpeg(70)
    for around in (b"", b"junk ", b"\xff\xd8\xff" + b"no segments at all" * 20):
        data = around + first + around + second + around
        source = source_of(data)
        assert methods_of(source).count("PACKED") == 2
        assert rebuilt(source) == data
        parts = list(packed_parts(data, 0, len(data), [Lepton()]))
        assert [data[part.start : part.end] for part in parts] == [first, second]


@needs_lepton
def test_stray_bytes_between_segments_do_not_end_a_jpeg() -> None:
    data = jpeg()
    stray = data[:20] + b"\xff\x00\x07\xff\x00" + data[20:]
    assert jpeg_end(stray, 0, len(stray)) == len(stray)
    assert rebuilt(source_of(stray)) == stray


def damaged() -> Iterator[bytes]:
    data, random = jpeg(), np.random.default_rng(3)
    yield from (data[:cut] for cut in range(0, len(data), 211))
    yield from (data[:-2], data + bytes(300), b"\xff\xd8\xff" * 200, b"\xff\xd8" + b"\xff" * 500, data[:-2] + data)
    for _ in range(40):
        place = int(random.integers(2, len(data)))
        yield data[:place] + random.bytes(3) + data[place + 3 :]


def test_odd_jpegs_stay_the_same_file() -> None:
    for data in damaged():
        assert rebuilt(source_of(data)) == data


@pytest.mark.parametrize("packer", PACKERS)
def test_damaged_packed_bytes_give_our_errors_or_other_bytes(packer: Packer) -> None:
    data = jpeg()
    whole = packer.pack(data)
    assert whole is not None
    random = np.random.default_rng(5)
    for number in range(60):
        place = int(random.integers(0, len(whole)))
        changed = whole[:place] if number % 2 else whole[:place] + random.bytes(2) + whole[place + 2 :]
        try:
            packer.unpack(changed, len(data))
        except CorruptFileError:
            continue
    with pytest.raises(CorruptFileError):
        packer.unpack(b"", len(data))


def test_a_packer_that_gives_other_bytes_is_not_used() -> None:
    class Wrong:
        name = "wrong"

        def pack(self, data: bytes) -> bytes:
            return data[:10]

        def unpack(self, packed: bytes, length: int) -> bytes:
            return packed + bytes(length)

    assert packed(jpeg(), [Wrong()]) is None


def test_without_the_libraries_a_jpeg_stays_as_it_is_and_packed_ones_name_what_is_missing(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(lepton, "_library", lambda: None)
    monkeypatch.setattr(jpegxl, "_library", lambda: None)
    data = jpeg()
    source = source_of(data)
    assert methods_of(source) == ["LITERAL"]
    assert rebuilt(source) == data
    for packer, wanted in ((Lepton(), "lepton-jpeg-python"), (JpegXl(), "imagecodecs")):
        with pytest.raises(UnsupportedError, match=wanted):
            packer.unpack(b"", 5)

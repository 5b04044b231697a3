"""RLE streams of DICOM come back from their samples, as several writers make them, or stay as they are."""

import numpy as np
import pytest
from hybridcodec_container import Serial, Source
from keeping_files import kept_as, methods_of, picture, rebuilt, smooth

from hybridcodec.errors import CorruptFileError
from hybridcodec.image import Picture
from hybridcodec.keeping.laid import Laid, header_of
from hybridcodec.keeping.rle import ALWAYS, LAST, NEVER, PAIRS, UNLESS_COPYING, Rle
from hybridcodec.sources.format import Stream
from hybridcodec.sources.parts.dicom.geometry import Geometry
from hybridcodec.sources.parts.dicom.rle import decode_rle

HEADER = 64


def layout(what: Picture) -> Serial:
    H, _, C = what.samples.shape
    return Serial(sample_bytes=what.samples.itemsize, order=tuple(range(C)), rows=H)


def made(what: Picture, parameters: bytes) -> bytes:
    return b"".join(Rle().make(Laid(what.samples, header_of(what), layout(what)), parameters))


def kept(data: bytes, what: Picture) -> Source:
    source = kept_as(data, what, Stream(((0, len(data)),), "rle", 0, layout(what)))
    assert rebuilt(source, [what]) == data
    return source


def flat(channels: int, bits: int) -> Picture:
    """Runs of all lengths, and what lies between them; a row is longer than a run may be."""
    rng = np.random.default_rng(bits)
    lengths = rng.choice([1, 1, 2, 3, 5, 140], 500)
    values = np.repeat(rng.integers(0, 1 << bits, 500), lengths)[: 20 * 150 * channels]
    return picture(values.reshape(20, 150, channels).astype(np.uint8 if bits <= 8 else np.uint16), bits)


@pytest.mark.parametrize("pairs", PAIRS)
@pytest.mark.parametrize(("channels", "bits"), [(1, 8), (3, 8), (1, 12), (3, 16)])
def test_every_writer_is_found_out_and_its_stream_decodes(pairs: int, channels: int, bits: int) -> None:
    what = flat(channels, bits)
    data = made(what, bytes([pairs]))
    assert methods_of(kept(data, what)) == ["NAMED"]
    H, W, C = what.samples.shape
    allocated = 8 * what.samples.itemsize
    shown = "RGB" if C == 3 else "MONOCHROME2"
    geometry = Geometry(H, W, 1, C, allocated, bits, bits - 1, signed=False, planar=False, photometric=shown)
    assert np.array_equal(decode_rle(data, geometry), what.samples)


@pytest.mark.parametrize(
    ("pairs", "expected"),
    [
        (ALWAYS, "ff030004ff070005fe09ff02"),
        (UNLESS_COPYING, "ff030304070705fe09ff02"),
        (LAST, "05030304070705fe09ff02"),
        (NEVER, "05030304070705fe09010202"),
    ],
)
def test_writers_differ_in_two_equal_bytes(pairs: int, expected: str) -> None:
    row = np.array([3, 3, 4, 7, 7, 5, 9, 9, 9, 2, 2], np.uint8).reshape(1, -1, 1)
    segment = bytes.fromhex(expected)
    assert made(picture(row), bytes([pairs]))[HEADER:] == segment + bytes(len(segment) % 2)


def test_a_stream_of_pydicom_is_made_again() -> None:
    pytest.importorskip("pydicom")
    from pydicom.pixels.encoders import RLELosslessEncoder

    what = flat(1, 12)
    facts = {"rows": 20, "columns": 150, "samples_per_pixel": 1, "photometric_interpretation": "MONOCHROME2"}
    bits = {"bits_allocated": 16, "bits_stored": 12, "pixel_representation": 0, "number_of_frames": 1}
    data = RLELosslessEncoder.encode(what.samples[..., 0], encoding_plugin="pydicom", **facts | bits)
    assert methods_of(kept(data, what)) == ["NAMED"]


def test_another_stream_stays_as_it_is() -> None:
    what = picture(smooth(8, 12, 1))
    data = made(what, bytes([ALWAYS]))
    apart = data[:HEADER] + bytes([0, int(what.samples[0, 0, 0])]) + data[HEADER:]
    assert methods_of(kept(apart, what)) == ["LITERAL"]


@pytest.mark.parametrize("parameters", [b"", b"\4", b"\0\0"])
def test_damaged_parameters_are_refused(parameters: bytes) -> None:
    with pytest.raises(CorruptFileError, match="RLE takes a byte"):
        made(flat(1, 8), parameters)


def test_more_bytes_than_there_are_segments_are_refused() -> None:
    with pytest.raises(CorruptFileError, match="at most 15 segments"):
        list(Rle().make(wide(), bytes([ALWAYS])))


def wide() -> Laid:
    what = picture(np.zeros((2, 2, 4), np.uint16), 16)
    serial = Serial(sample_bytes=4, order=(0, 1, 2, 3), rows=2)
    return Laid(what.samples, header_of(what), serial)

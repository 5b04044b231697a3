"""Whole DICOM files of many makers, and damaged ones: exact samples, true streams, or an error of ours."""

import random
import warnings
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from dicom_files import BIG, EXPLICIT, IMPLICIT, RLE, UNDEFINED, dicom, fragments
from hybridcodec_container import ContainerMode, Header, Layers, SampleFormat, serialise
from numpy.typing import NDArray

from hybridcodec.errors import HybridcodecError, InputError, UnsupportedError
from hybridcodec.sources import Document, read_document

pydicom = pytest.importorskip("pydicom", reason="pydicom is not installed")
OWN = Path(pydicom.__file__).parent / "data" / "test_files"
OWN_FILES = sorted(path for path in OWN.rglob("*") if path.suffix in (".dcm", "") and path.is_file())
SHARED = Path(__file__).parents[3] / "shared" / "data"
SHARED_FILES = [*sorted(SHARED.glob("bench/medical/*.dcm")), *sorted(SHARED.glob("train/medical/*.dcm"))]
REFUSED = (
    "without a picture", "DICOMDIR", "32-bit samples", "pixels: JPEG Baseline", "pixels: JPEG Ext",
    "pixels: JPEG-LS Lossy", "JPEG 2000 that is not lossless", "YBR_FULL_422", "cut off", "no Rows", "'1A'",
    "not a picture",
)  # fmt: skip
"""Words in what is said of the files that are no picture here."""


def read(path: Path) -> Document | None:
    """Return a document all of whose pictures are read, None where a message says in known words why not."""
    try:
        document = read_document(path)
        return Document(tuple(document.pictures), document.left_out, document.streams)
    except (InputError, UnsupportedError) as error:
        if any(words in str(error) for words in REFUSED):
            return None
        raise


def by_pydicom(path: Path) -> NDArray[Any] | None:
    """Return the samples that pydicom decodes, of any shape; None where it cannot."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        try:
            return np.asarray(pydicom.pixels.pixel_array(pydicom.dcmread(path, force=True), raw=True))
        except (RuntimeError, AttributeError, ValueError, NotImplementedError):
            return None


def require_true(path: Path) -> bool:
    """Check a file as far as something else can tell; tell whether it was read."""
    document = read(path)
    if document is None:
        return False
    found, expected = np.stack([picture.samples for picture in document.pictures]).squeeze(), by_pydicom(path)
    if expected is not None:  # which masks overlays away, so only the bits that both have are compared
        kept = (1 << int(pydicom.dcmread(path, force=True).BitsStored)) - 1
        assert np.array_equal(found.astype(np.int64) & kept, expected.squeeze().astype(np.int64) & kept)
    data = path.read_bytes()
    for stream in document.streams:
        if stream.method == "raw":
            picture = document.pictures[stream.picture]
            H, W, _ = picture.samples.shape
            header = Header(
                width=W, height=H, roles=picture.kind.roles, bit_depth=picture.kind.bit_depth,
                sample_format=SampleFormat(picture.kind.signed), mode=ContainerMode.LOSSLESS, layers=Layers.RESIDUAL,
                source_hash=bytes([1] * 32),
            )  # fmt: skip
            there = b"".join(data[at : at + length] for at, length in stream.spans)
            assert there == serialise(picture.samples, stream.layout, header)
    return True


def test_files_that_pydicom_is_tested_with_are_read_exactly_or_refused_by_name() -> None:
    pytest.importorskip("imagecodecs", reason="imagecodecs is not installed")
    taken = [path for path in OWN_FILES if require_true(path)]
    assert len(taken) > 50
    assert len(OWN_FILES) - len(taken) > 50  # most of them lists and plans without a picture


@pytest.mark.skipif(not SHARED_FILES, reason="the shared data are not here")
def test_files_of_many_scanners_are_read_exactly_or_refused_by_name() -> None:
    pytest.importorskip("imagecodecs", reason="imagecodecs is not installed")
    refused = [path.name for path in SHARED_FILES if not require_true(path)]
    assert refused == [
        "ct_enhanced2f_jpegext_lossy.dcm", "ct_wg04ct2_j2k_lossy.dcm", "rtdose_32bit_15f_bigendian.dcm",
        "sc_ybr422.dcm", "us_ybr_30f_jpegbaseline_lossy.dcm",
    ]  # fmt: skip


def whole_files() -> Iterator[bytes]:
    """Yield small files of every encoding."""
    words = np.arange(24, dtype="<u2")
    for syntax in (IMPLICIT, EXPLICIT, BIG):
        yield dicom(words.tobytes(), syntax, WindowCenter="40", WindowWidth="400", NumberOfFrames="1")
    yield dicom(bytes(24), vr="OB", BitsAllocated=8, BitsStored=8, PhotometricInterpretation="PALETTE COLOR")
    yield dicom(bytes(3), vr="OB", BitsAllocated=1, BitsStored=1)
    segment = b"\x17" + bytes(24)
    frame = (2).to_bytes(4, "little") + (64).to_bytes(4, "little") + (89).to_bytes(4, "little") + bytes(52)
    coded = frame + segment + segment
    yield dicom(fragments(coded, coded), RLE, vr="OB", length=UNDEFINED, NumberOfFrames="2")


def mutated(data: bytes, draw: random.Random) -> bytes:
    """Return a file with some bytes changed, taken out, put in, or cut off."""
    changed = bytearray(data)
    for _ in range(draw.randint(1, 4)):
        at = draw.randrange(len(changed))
        what = draw.randrange(5)
        if what == 0:
            changed[at] ^= 1 << draw.randrange(8)
        elif what == 1:
            changed[at : at + 4] = draw.choice([b"\xff\xff\xff\xff", b"\0\0\0\0", b"\xfe\xff\xdd\xe0", b"SQ\0\0"])
        elif what == 2:
            del changed[at : at + draw.randint(1, 20)]
        elif what == 3:
            changed[at:at] = draw.randbytes(draw.randint(1, 20))
        else:
            del changed[max(at, 140) :]
    return bytes(changed)


@pytest.mark.parametrize("number", range(6))
def test_damaged_files_end_in_a_document_or_in_an_error_of_ours(number: int) -> None:
    whole = list(whole_files())[number]
    assert len(read_document(whole).pictures)
    draw = random.Random(number)  # noqa: S311
    for _ in range(100):
        try:
            for picture in read_document(mutated(whole, draw)).pictures:
                assert picture.samples.size
        except HybridcodecError:
            continue

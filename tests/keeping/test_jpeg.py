"""JPEG lossless and JPEG-LS streams come back from their samples, or stay as they are."""

import importlib.util
from types import ModuleType

import numpy as np
import pytest
from hybridcodec_container import Serial, Source
from keeping_files import kept_as, methods_of, picture, rebuilt, smooth

from hybridcodec.errors import CorruptFileError, HybridcodecError
from hybridcodec.image import Picture
from hybridcodec.keeping.jpeg.lossless import JpegLossless
from hybridcodec.keeping.jpeg.ls import JpegLs
from hybridcodec.keeping.laid import Laid, header_of
from hybridcodec.keeping.method import Method
from hybridcodec.sources.format import Stream

FLAT = np.array([[0, 0, 90, 74], [68, 50, 43, 205], [64, 145, 145, 145], [100, 145, 145, 145]], np.uint8)[..., None]
LS = bytes.fromhex(
    "ffd8fff7000b080004000401011100ffda0008010100000000c000006c80208e01c00000574000006ee6000001bc18000005d800009160ffd9"
)
"""The example of T.87, annex H.3: 4 x 4 samples of 8 bits."""


def layout(what: Picture) -> Serial:
    H, _, C = what.samples.shape
    return Serial(sample_bytes=what.samples.itemsize, order=tuple(range(C)), rows=H)


def made(method: Method, what: Picture, parameters: bytes) -> bytes:
    return b"".join(method.make(Laid(what.samples, header_of(what), layout(what)), parameters))


def kept(name: str, data: bytes, what: Picture, *spans: tuple[int, int]) -> Source:
    source = kept_as(data, what, Stream(spans or ((0, len(data)),), name, 0, layout(what)))
    assert rebuilt(source, [what]) == data
    return source


def test_the_example_of_the_standard_is_made() -> None:
    (proposal,) = JpegLs().propose(LS, Stream(((0, len(LS)),), "jpeg-ls", 0, layout(picture(FLAT))), None)
    assert made(JpegLs(), picture(FLAT), proposal.parameters) == LS


def lossless_stream(predictor: int, restart_rows: int = 0, shift: int = 0, channels: int = 1) -> tuple[bytes, Picture]:
    """Return a stream of our own, with a table in which every category has a code, and its picture."""
    what = picture(smooth(21, 17, channels, 12, seed=predictor) >> shift << shift, 12)
    dht = bytes([0xFF, 0xC4, 0, 36, 0, *([0] * 4), 17, *([0] * 11), *range(17)])
    ids = range(1, channels + 1)
    frame = bytes([12, 0, 21, 0, 17, channels, *(byte for number in ids for byte in (number, 0x11, 0))])
    scan = bytes([channels, *(byte for number in ids for byte in (number, 0)), predictor, 0, shift])
    head = b"\xff\xd8" + dht
    head += bytes([0xFF, 0xDD, 0, 4]) + (17 * restart_rows).to_bytes(2, "big") if restart_rows else b""
    for marker, body in ((0xC3, frame), (0xDA, scan)):
        head += bytes([0xFF, marker]) + (len(body) + 2).to_bytes(2, "big") + body
    parameters = b"\1" + len(head).to_bytes(4, "little") + head + b"\xff\xd9"
    return made(JpegLossless(), what, parameters), what


@pytest.mark.parametrize("predictor", range(1, 8))
@pytest.mark.parametrize(("restart_rows", "shift", "channels"), [(0, 0, 1), (4, 0, 1), (0, 2, 3)])
def test_jpeg_lossless_is_made_again(predictor: int, restart_rows: int, shift: int, channels: int) -> None:
    data, what = lossless_stream(predictor, restart_rows, shift, channels)
    assert data.count(b"\xff\xd0") == (restart_rows > 0)
    assert methods_of(kept("jpeg-lossless", data + b"\0", what)) == ["NAMED"]
    if importlib.util.find_spec("imagecodecs") and not shift and not restart_rows:
        decoded = imagecodecs().jpegsof3_decode(data)
        assert np.array_equal(decoded.reshape(what.samples.shape), what.samples)


def imagecodecs() -> ModuleType:
    return pytest.importorskip("imagecodecs", reason="imagecodecs is not installed")


def test_jpeg_lossless_of_another_writer_is_made_again() -> None:
    what = picture(smooth(40, 50, 1, 12), 12)
    data = bytes(imagecodecs().ljpeg_encode(what.samples[..., 0], bitspersample=12))
    assert methods_of(kept("jpeg-lossless", data, what)) == ["NAMED"]


def varieties() -> list[np.ndarray]:
    random, found = np.random.default_rng(4), []
    for number in range(40):
        bits, channels = int(random.integers(2, 17)), int(random.choice([1, 3]))
        H, W = random.integers(1, 40, 2)
        noise = random.integers(0, 1 << bits, (H, W, channels))
        flat = (random.random((H, W, channels)) < 0.05) * ((1 << bits) - 1)
        found.append((noise, flat, noise * 0 + 1, noise // 7)[number % 4].astype(np.uint8 if bits <= 8 else np.uint16))
    return [*found, smooth(90, 120, 1), smooth(60, 70, 3, 12), np.zeros((70, 80, 1), np.uint16)]


def test_jpeg_ls_of_charls_is_made_again() -> None:
    library = imagecodecs()
    for samples in varieties():
        what = picture(samples)
        data = bytes(library.jpegls_encode(samples if samples.shape[2] > 1 else samples[..., 0]))
        stream = Stream(((0, len(data)),), "jpeg-ls", 0, layout(what))
        (proposal,) = JpegLs().propose(data, stream, None)
        assert made(JpegLs(), what, proposal.parameters) == data, (samples.shape, samples.dtype)


def test_near_lossless_streams_stay_as_they_are() -> None:
    samples = smooth(60, 70, 1)
    data = bytes(imagecodecs().jpegls_encode(samples[..., 0], level=2))
    assert methods_of(kept("jpeg-ls", data, picture(samples))) == ["LITERAL"]


def test_fragments_of_a_frame_are_made_with_what_is_between_them() -> None:
    data, what = lossless_stream(3)
    parts, file, spans = (data[:100], data[100:101], data[101:300], data[300:]), b"", []
    for part in parts:
        file += b"\xfe\xff\x00\xe0" + len(part).to_bytes(4, "little")
        spans.append((len(file), len(part)))
        file += part
    source = kept("jpeg-lossless", file + b"end", what, *spans)
    assert methods_of(source) == ["LITERAL", "NAMED", "LITERAL"]
    assert source.recipe.literal_bytes == 11
    far = file[:8] + data[:100] + bytes(300) + data[100:]
    assert methods_of(kept("jpeg-lossless", far, what, (8, 100), (408, len(data) - 100))) == ["LITERAL"]


def test_streams_of_other_samples_sizes_and_tables_stay_as_they_are() -> None:
    data, what = lossless_stream(1)
    other = what.samples.copy()
    other[5, 5] ^= 1
    for wrong in (picture(other, 12), picture(what.samples[:-1], 12), picture(smooth(21, 17, 3, 12), 12)):
        assert methods_of(kept("jpeg-lossless", data, wrong)) == ["LITERAL"]
    renamed = data.replace(b"\xff\xc4", b"\xff\xe4")
    for damaged in (data[:-2], data[2:], data[:30], renamed, data[:40] + bytes(3) + data[43:]):
        assert methods_of(kept("jpeg-lossless", damaged, what)) == ["LITERAL"]


def test_damaged_parameters_give_our_errors_or_other_bytes() -> None:
    data, what = lossless_stream(4)
    stream = Stream(((0, len(data)),), "jpeg-lossless", 0, layout(what))
    random, errors = np.random.default_rng(6), 0
    cases = [(JpegLossless(), next(JpegLossless().propose(data, stream, None)).parameters, what)]
    small = Stream(((0, len(LS)),), "jpeg-ls", 0, layout(what))
    cases += [(JpegLs(), next(JpegLs().propose(LS, small, None)).parameters, picture(FLAT))]
    for method, parameters, kept_picture in cases:
        for place in range(len(parameters)):
            for changed in (parameters[:place], parameters[:place] + random.bytes(1) + parameters[place + 1 :]):
                try:
                    made(method, kept_picture, changed)
                except HybridcodecError as error:
                    errors += isinstance(error, CorruptFileError)
    assert errors > 100

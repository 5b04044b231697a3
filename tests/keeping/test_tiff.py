"""Strips of TIFF files come back from their samples, page by page, or stay as they are."""

import io
import zlib
from collections import Counter

import numpy as np
import pytest
from hybridcodec_container import PieceMethod, Source
from keeping_files import methods_of, rebuilt, smooth
from PIL import Image

from hybridcodec.errors import HybridcodecError
from hybridcodec.keeping.laid import Laid, header_of
from hybridcodec.keeping.making import Maker, source_of
from hybridcodec.keeping.methods import METHODS
from hybridcodec.sources import read_document
from hybridcodec.sources.format import Stream

ROWS, PREDICTOR = 278, 317
CODINGS = ["tiff_lzw", "packbits", "tiff_adobe_deflate"]


def tiff(samples: np.ndarray, compression: str, *, rows: int = 16, predictor: int = 1) -> bytes:
    stream = io.BytesIO()
    tags = {ROWS: rows, **({PREDICTOR: 2} if predictor == 2 else {})}
    Image.fromarray(samples).save(stream, "TIFF", compression=compression, tiffinfo=tags)
    return stream.getvalue()


def page(height: int, width: int, seed: int = 0) -> np.ndarray:
    """Return a bilevel page with lines of marks, and rows without any."""
    random = np.random.default_rng(seed)
    marks = random.random((height // 6 + 1, width)) < 0.2
    page = np.repeat(marks, 6, axis=0)[:height]
    page[random.random(height) < 0.3] = False
    page[height // 2, ::2] = True
    return page


def kept(data: bytes) -> Source:
    document = read_document(data)
    source = source_of(data, document)
    assert rebuilt(source, document.pictures) == data
    return source


@pytest.mark.parametrize("compression", CODINGS)
@pytest.mark.parametrize(("channels", "dtype", "rows"), [(1, np.uint8, 7), (3, np.uint8, 50), (1, np.uint16, 16)])
def test_strips_of_libtiff_are_one_piece(compression: str, channels: int, dtype: type, rows: int) -> None:
    samples = smooth(50, 60, channels).astype(dtype) * (200 if dtype is np.uint16 else 1)
    source = kept(tiff(samples.squeeze(), compression, rows=rows))
    assert Counter(methods_of(source))["NAMED"] == 1
    assert source.recipe.literal_bytes < 600


@pytest.mark.parametrize("compression", ["tiff_lzw", "tiff_adobe_deflate"])
def test_predicted_strips_are_made_again(compression: str) -> None:
    for samples in (smooth(40, 50), smooth(40, 50, 1)[..., 0].astype(np.uint16) * 300):
        assert "NAMED" in methods_of(kept(tiff(samples, compression, predictor=2)))


@pytest.mark.parametrize("seed", range(4))
def test_long_lzw_clears_its_table_as_libtiff_does(seed: int) -> None:
    random = np.random.default_rng(seed)
    noise = random.integers(0, (2, 20, 256, 256)[seed], (200, 300), np.uint8)
    if seed == 3:
        noise[:80] = np.arange(300) % 7  # worse and worse, which the check notices
    assert "NAMED" in methods_of(kept(tiff(noise, "tiff_lzw", rows=200)))


def test_packbits_joins_copies_and_runs_as_libtiff_does() -> None:
    random = np.random.default_rng(1)
    for longest in (2, 3, 5, 300):
        runs = random.integers(1, longest, 4000)
        samples = np.repeat(random.integers(0, 256, 4000, np.uint8), runs)[:3000].reshape(10, 300)
        assert "NAMED" in methods_of(kept(tiff(samples, "packbits")))


@pytest.mark.parametrize(("height", "width", "rows"), [(100, 333, 16), (100, 64, 100), (40, 2600, 7), (1, 5200, 1)])
def test_fax_of_group_4_is_made_again(height: int, width: int, rows: int) -> None:
    for bits in (page(height, width), ~page(height, width, 1), np.zeros((height, width), bool)):
        data = tiff(bits, "group4", rows=rows)
        source = kept(data)
        if len(data) > 700:
            assert Counter(methods_of(source))["NAMED"] == 1


def test_random_pages_of_group_4_are_made_again() -> None:
    random = np.random.default_rng(9)
    for density in (0.01, 0.3, 0.5, 0.9):
        assert "NAMED" in methods_of(kept(tiff(random.random((70, 190)) < density, "group4")))


def test_every_page_is_made_again() -> None:
    stream, pages = io.BytesIO(), [Image.fromarray(page(120, 400, seed)) for seed in range(3)]
    pages[0].save(stream, "TIFF", compression="group4", save_all=True, append_images=pages[1:])
    source = kept(stream.getvalue())
    assert sorted(p.picture for p in source.recipe.pieces if p.method == PieceMethod.NAMED) == [0, 1, 2]


def test_strips_of_another_writer_stay_literal_and_the_others_are_made() -> None:
    data = tiff(smooth(64, 60, 3), "tiff_adobe_deflate", rows=8)
    document = read_document(data)
    start, length = document.streams[5].spans[0]
    odd = zlib.compress(zlib.decompress(data[start : start + length])[:-1] + b"?", 6)
    changed = data[:start] + odd[:length].ljust(length, b"\0") + data[start + length :]
    maker = Maker(changed, document.streams)
    maker.take(0, document.pictures[0])
    source = maker.finish()
    assert rebuilt(source, document.pictures) == changed
    assert Counter(methods_of(source))["NAMED"] == 7


def test_bits_in_the_other_order_are_turned() -> None:
    data = tiff(page(60, 200), "group4", rows=60)
    document = read_document(data)
    (stream,) = document.streams
    start, length = stream.spans[0]
    turned = bytes(int(f"{byte:08b}"[::-1], 2) for byte in data[start : start + length])
    changed = data[:start] + turned + data[start + length :]
    maker = Maker(changed, [Stream(stream.spans, "g4", 0, stream.layout, {**stream.detail, "fill_order": 2})])
    maker.take(0, document.pictures[0])
    source = maker.finish()
    assert "NAMED" in methods_of(source)
    assert rebuilt(source, document.pictures) == changed


@pytest.mark.parametrize("compression", [*CODINGS, "group4"])
def test_damaged_parameters_give_our_errors_or_other_bytes(compression: str) -> None:
    samples = page(20, 90) if compression == "group4" else smooth(20, 90, 1)[..., 0]
    data = tiff(samples, compression, rows=20)
    document = read_document(data)
    (stream,), what = document.streams, document.pictures[0]
    laid, method = Laid(what.samples, header_of(what), stream.layout), METHODS[stream.method]
    parameters = next(method.propose(data, stream, laid)).parameters
    errors = 0
    for place in range(len(parameters)):
        for changed in (
            parameters[:place],
            parameters[:place] + bytes([parameters[place] ^ 0x9D]) + parameters[place + 1 :],
        ):
            try:
                b"".join(method.make(laid, changed))
            except HybridcodecError:
                errors += 1
    assert errors > 5

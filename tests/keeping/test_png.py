"""Pixels of PNG files that many writers wrote come back from their samples, or stay as they are."""

import io
import struct
import zlib
from collections.abc import Iterator, Sequence
from pathlib import Path

import numpy as np
import pytest
from hybridcodec_container import Source, UnsupportedContainerError
from keeping_files import kept_as, methods_of, picture, rebuilt, rows_of, smooth
from PIL import Image

from hybridcodec.errors import HybridcodecError
from hybridcodec.image import Picture
from hybridcodec.keeping import source_of
from hybridcodec.keeping.laid import Laid, header_of
from hybridcodec.keeping.named import NAMED
from hybridcodec.keeping.png import Png
from hybridcodec.keeping.png_filters import filtered, pack_filters, unpack_filters, usual_filters
from hybridcodec.sources.format import Stream

SIGNATURE = b"\x89PNG\r\n\x1a\n"
PNGSUITE = Path(__file__).parents[2] / ".." / "shared" / "data" / "hostile" / "pngsuite"


def chunk(kind: bytes, payload: bytes) -> bytes:
    body = kind + payload
    return struct.pack(">I", len(payload)) + body + struct.pack(">I", zlib.crc32(body))


def chunks(data: bytes) -> Iterator[tuple[bytes, int, int]]:
    place = len(SIGNATURE)
    while place < len(data):
        length, kind = struct.unpack_from(">I4s", data, place)
        yield kind, place + 8, length
        place += 12 + length


def spans(data: bytes) -> tuple[tuple[int, int], ...]:
    return tuple((start, length) for kind, start, length in chunks(data) if kind == b"IDAT")


def png(kept: Picture, packed: bytes, sizes: Sequence[int] = (), *, interlaced: bool = False) -> bytes:
    """Return a PNG file whose IDAT chunks have these sizes, and one more for the rest."""
    H, W, C = kept.samples.shape
    head = struct.pack(">IIBBBBB", W, H, kept.kind.bit_depth, {1: 0, 2: 4, 3: 2, 4: 6}[C], 0, 0, interlaced)
    body = b""
    for size in sizes:
        if size >= len(packed):
            break
        body, packed = body + chunk(b"IDAT", packed[:size]), packed[size:]
    return SIGNATURE + chunk(b"IHDR", head) + body + chunk(b"IDAT", packed) + chunk(b"IEND", b"")


def rows(kept: Picture, filters: Sequence[int]) -> bytes:
    """Return the filtered rows of a picture; the filters are used in turn."""
    laid = Laid(kept.samples, header_of(kept), rows_of(kept))
    H = len(kept.samples)
    lines = np.frombuffer(laid.content, np.uint8).reshape(H, -1)
    unit = max(1, kept.samples.shape[2] * kept.kind.bit_depth // 8)
    return b"".join(filtered(lines, unit, np.resize(np.array(filters, np.uint8), H)))


def deflated(content: bytes, level: int = 6, memory: int = 8, strategy: int = 0, window: int = 15) -> bytes:
    writer = zlib.compressobj(level, zlib.DEFLATED, window, memory, strategy)
    return writer.compress(content) + writer.flush()


def kept(data: bytes, what: Picture, **detail: int) -> Source:
    source = kept_as(data, what, Stream(spans(data), "png", 0, rows_of(what), detail))
    assert rebuilt(source, [what]) == data
    return source


@pytest.mark.parametrize("level", range(1, 10))
@pytest.mark.parametrize("memory", [8, 9])
def test_every_level_of_zlib_is_found(level: int, memory: int) -> None:
    what = picture(smooth(60, 70))
    data = png(what, deflated(rows(what, [1, 2, 3, 4, 0]), level, memory))
    source = kept(data, what)
    assert methods_of(source) == ["LITERAL", "NAMED", "LITERAL"]
    assert source.recipe.literal_bytes == 8 + 25 + 12


@pytest.mark.parametrize(("level", "memory", "strategy", "window"), [(6, 8, 1, 15), (9, 1, 0, 15), (6, 8, 0, 9)])
@pytest.mark.parametrize("strategies", [None, 2, 3])
def test_strategies_memories_and_windows_are_found(
    level: int, memory: int, strategy: int, window: int, strategies: int | None
) -> None:
    what = picture(smooth(50, 60))
    chosen = strategy if strategies is None else strategies
    memory = memory if strategies is None else 8
    data = png(what, deflated(rows(what, [2]), level, memory, chosen, window))
    assert "NAMED" in methods_of(kept(data, what))


@pytest.mark.parametrize("options", [{}, {"compress_level": 1}, {"optimize": True}, {"compress_type": 3}])
@pytest.mark.parametrize("mode", ["L", "LA", "RGB", "RGBA"])
def test_files_of_pillow_are_made_again_with_filters_in_few_bytes(mode: str, options: dict[str, int]) -> None:
    what = picture(smooth(90, 110, len(mode)))
    stream = io.BytesIO()
    Image.fromarray(what.samples.squeeze()).save(stream, "PNG", **options)
    source = kept(stream.getvalue(), what)
    assert len(source.recipe.pieces[1].parameters) < 90


@pytest.mark.parametrize(("channels", "bits"), [(1, 1), (1, 2), (1, 4), (1, 16), (3, 16), (4, 16), (2, 8)])
def test_every_depth_is_made_again(channels: int, bits: int) -> None:
    what = picture(smooth(41, 203, channels, bits), bits)
    data = png(what, deflated(rows(what, [0, 1, 4, 2, 3])))
    assert "NAMED" in methods_of(kept(data, what))


@pytest.mark.parametrize(("bits", "height", "width"), [(8, 33, 45), (1, 70, 85), (16, 20, 40), (4, 3, 400)])
def test_interlaced_pictures_are_made_again(bits: int, height: int, width: int) -> None:
    what = picture(smooth(height, width, 1, bits), bits)
    content = b""
    for row, column, down, right in (
        *((0, 0, 8, 8), (0, 4, 8, 8), (4, 0, 8, 4), (0, 2, 4, 4)),
        *((2, 0, 4, 2), (0, 1, 2, 2), (1, 0, 2, 1)),
    ):
        part = what.samples[row::down, column::right]
        content += rows(picture(np.ascontiguousarray(part), bits), [4, 1, 2]) if part.size else b""
    data = png(what, deflated(content), interlaced=True)
    assert "NAMED" in methods_of(kept(data, what, interlaced=1))


@pytest.mark.parametrize("sizes", [[500] * 40, [4000], [500, 501, 500], [500, 0], [500]], ids=str)
def test_chunks_of_any_sizes_are_made_again(sizes: list[int]) -> None:
    what = picture(smooth(60, 70))
    assert "NAMED" in methods_of(kept(png(what, deflated(rows(what, [1])), sizes), what))


def test_a_wrong_checksum_is_kept() -> None:
    what = picture(smooth(60, 70))
    data = png(what, deflated(rows(what, [1])), [900])
    start, length = spans(data)[0]
    changed = data[: start + length] + b"crc!" + data[start + length + 4 :]
    assert "NAMED" in methods_of(kept(changed, what))


def test_foreign_streams_and_other_rows_stay_as_they_are() -> None:
    what = picture(smooth(60, 70))
    content = rows(what, [1])
    flushed = zlib.compressobj()
    pieces = flushed.compress(content[:5000]) + flushed.flush(zlib.Z_FULL_FLUSH) + flushed.compress(content[5000:])
    odd = [
        png(what, pieces + flushed.flush()),
        png(what, deflated(content) + b"and more"),
        png(what, deflated(content)[:-1]),
        png(what, deflated(content)[:-4] + b"adlr"),
        png(what, deflated(content[:-1])),
        png(what, deflated(content + b"\0")),
        png(what, deflated(b"\5" + content[1:])),
        png(what, deflated(content[:-1] + b"!")),
        png(what, b"nothing that zlib knows"),
        png(what, b""),
    ]
    for file in odd:
        assert methods_of(kept(file, what)) == ["LITERAL"]


def test_filters_in_few_bytes_are_those_that_were_given() -> None:
    lines = smooth(150, 40, 1)[..., 0]
    usual, random = usual_filters(lines, 3), np.random.default_rng(1).integers(0, 5, 150).astype(np.uint8)
    for filters, size in ((usual, 25), (np.full(150, 4, np.uint8), 25), (random, 160)):
        packed = pack_filters(filters, lines, 3)
        assert np.array_equal(unpack_filters(packed, lines, 3), filters)
        assert len(packed) <= size


def test_damaged_parameters_give_our_errors_or_other_bytes() -> None:
    what = picture(smooth(20, 30))
    data = png(what, deflated(rows(what, [1, 2])))
    piece = kept(data, what).recipe.pieces[1]
    parameters = piece.parameters[1 + len(Png.name) :]
    made, errors = NAMED["png"], 0
    for place in range(len(parameters)):
        for changed in (
            parameters[:place],
            parameters[:place] + bytes([parameters[place] ^ 0x55]) + parameters[place + 1 :],
        ):
            try:
                b"".join(made(what.samples, header_of(what), changed))
            except (HybridcodecError, UnsupportedContainerError):
                errors += 1
    assert errors > len(parameters)


def test_pngsuite_comes_back_whole() -> None:
    files = sorted(PNGSUITE.glob("*.png"))
    if not files:
        pytest.skip(f"{PNGSUITE} is not here")
    for file in files:
        data = file.read_bytes()
        assert rebuilt(source_of(data)) == data

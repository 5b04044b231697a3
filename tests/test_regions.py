"""A region is the cut of the whole, whatever coded it, read from no more of the file than it needs."""

import functools
import io
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import hybridcodec_container as container
import numpy as np
import picture_layers
import pytest
from hybridcodec_container import Layers
from hyc_files import behind, only, rewritten
from numpy.typing import NDArray

import hybridcodec
from hybridcodec import CorruptFileError, InputError, LimitError, Picture, TruncatedFileError, UnsupportedError
from hybridcodec.base.variable.coder import VariableRate
from hybridcodec.errors import MismatchError
from hybridcodec.excerpt import Asked, read_excerpt
from hybridcodec.previews import reduced
from hybridcodec.region import Region
from hybridcodec.residual import coder_of
from hybridcodec.residual.coders import CODERS
from hybridcodec.scaling import enlarged

TILE, BASE_TILE = (32, 48), 64
H, W = 75, 130
Array = NDArray[Any]


def waves(height: int, width: int, channels: int = 3, seed: int = 1, top: int = 255) -> Array:
    rng = np.random.default_rng(seed)
    rows, columns = np.mgrid[:height, :width]
    shown = [0.5 + 0.3 * np.sin(columns / (9 + c)) + 0.15 * np.cos(rows / (7 + c)) for c in range(channels)]
    noisy = np.stack(shown, 2) * top + rng.normal(0, top / 64, (height, width, channels))
    return noisy.clip(0, top).astype(np.uint8 if top < 256 else np.uint16)


@contextmanager
def only_coder(number: int) -> Iterator[None]:
    """Make the encoder use one coder, in small tiles, above a base layer of small tiles."""
    coder = coder_of(number)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("hybridcodec.residual.choice.candidates", lambda *_, **__: (coder,))
        patch.setattr(type(coder), "choose_tile", lambda *_: TILE)
        patch.setattr(VariableRate, "choose_tile", lambda *_: (BASE_TILE, BASE_TILE))
        yield


def regions(height: int, width: int, seed: int, count: int = 6) -> Iterator[tuple[int, int, int, int]]:
    """Corners, borders of tiles, all of it, and some by chance."""
    yield from ((0, 0, 1, 1), (width - 1, height - 1, 1, 1), (0, 0, width, height))
    yield from ((47, 31, 2, 2), (48, 32, 48, 32)) if height >= 64 and width >= 96 else ()
    rng = np.random.default_rng(seed)
    for _ in range(count):
        (x0, x1), (y0, y1) = (sorted(rng.choice(side + 1, 2, replace=False)) for side in (width, height))
        yield int(x0), int(y0), int(x1 - x0), int(y1 - y0)


def require_cuts(data: bytes, **how: Any) -> None:
    whole = hybridcodec.decode(data, **how)
    for x, y, w, h in regions(*whole.shape[:2], seed=len(data)):
        found = hybridcodec.decode(data, region=(x, y, w, h), **how)
        assert found.dtype == whole.dtype
        np.testing.assert_array_equal(found, whole[y : y + h, x : x + w], f"{(x, y, w, h)}, {how}")


def few_colours(channels: int = 3, count: int = 6) -> Array:
    rng = np.random.default_rng(2)
    return rng.integers(0, 256, (count, channels), np.uint8)[rng.integers(0, count, (H, W))]


KINDS = {
    "colour": (6, waves(H, W), {}),
    "gray": (6, waves(H, W, 1), {}),
    "near-lossless": (6, waves(H, W), {"mode": "near-lossless", "max_error": 2}),
    "16 bits": (2, waves(H, W, 1, top=65535), {}),
    "colour and opacity": (2, waves(H, W, 4), {}),
    "page": (3, (waves(H, W, 1) > 128), {}),
    "screen": (4, few_colours(), {}),
    "stored": (5, waves(H, W, 3, top=4095), {}),
}


def test_every_coder_is_tried_here() -> None:
    assert {number for number, _, _ in KINDS.values()} == {coder.number for coder in CODERS}


@pytest.mark.parametrize("kind", KINDS)
def test_a_region_is_the_cut_of_the_whole(kind: str) -> None:
    number, samples, how = KINDS[kind]
    with only_coder(number):
        data = hybridcodec.encode(samples, **how)
    assert hybridcodec.read_info(data).coders == (number,)
    require_cuts(data)


@pytest.mark.parametrize("scale", [None, 0, 2])
def test_a_region_above_a_small_base_picture_or_none_is_the_cut(scale: int | None) -> None:
    with only_coder(6):
        data = container.write_container([picture_layers.lossless(waves(H, W), scale)])
    require_cuts(data)
    if scale is not None:
        require_cuts(data, layer="base")


@pytest.mark.parametrize("channels", [1, 3])
@pytest.mark.parametrize("layer", ["perceptual", "base"])
def test_a_region_of_a_preview_is_its_cut(channels: int, layer: str) -> None:
    with only_coder(6):
        data = hybridcodec.encode(waves(50, 700, channels), mode="perceptual")
    require_cuts(data, layer=layer)
    for scale in (0, 1, 3):
        require_cuts(data, layer=layer, scale=scale)


def test_regions_of_frames_that_depend_on_each_other_are_cuts() -> None:
    first = waves(H, W, 1, top=4095)
    frames = [Picture.of(first + np.uint16(3 * n)) for n in range(3)]
    with only_coder(2):
        data = hybridcodec.encode_album(frames)
    positions = [picture.header.group_position for picture in container.read_container(data).pictures]
    assert positions == [0, 1, 2]
    for number in range(3):
        require_cuts(data, picture=number)


def other_references() -> list[tuple[np.ndarray, str]]:
    """What may stand before a frame of H x W samples of 12 bits by mistake or malice."""
    first = waves(H, W, 1, top=4095)
    kinds = [first[:9, :9], np.tile(first, (2, 2, 1)), (first >> 4).astype(np.uint8), first.repeat(3, 2)]
    return [*((samples, "of another kind") for samples in kinds), (first[::-1], "other samples")]


@pytest.mark.parametrize(("other", "words"), other_references())
def test_a_frame_behind_another_one_than_its_reference_is_refused(other: np.ndarray, words: str) -> None:
    first = waves(H, W, 1, top=4095)
    with only_coder(2):
        data = hybridcodec.encode_album([Picture.of(first), Picture.of(first + np.uint16(3))])
        wrong = hybridcodec.encode(np.ascontiguousarray(other))
    frame, before = container.read_container(data).pictures[1], container.read_container(wrong).pictures[0]
    data = behind(frame, before)
    region = functools.partial(hybridcodec.decode, region=(0, 0, 9, 9))
    for read in (hybridcodec.decode, hybridcodec.decode_picture, region):
        with pytest.raises(CorruptFileError, match=f"^picture 1 .*{words}"):
            read(data, picture=1)


def test_scales_of_a_preview_are_those_of_the_picture_whatever_the_file_has() -> None:
    samples = waves(41, 66)
    full = container.write_container([picture_layers.lossless(samples, 0)])
    small = container.write_container([picture_layers.lossless(samples, 2)])
    base, tiny = (hybridcodec.decode(data, layer="base") for data in (full, small))
    for scale in range(4):
        np.testing.assert_array_equal(hybridcodec.decode(full, layer="base", scale=scale), reduced(base, scale))
    larger = hybridcodec.decode(small, layer="base", scale=0)
    np.testing.assert_array_equal(larger, enlarged(tiny, 2, 41, 66))
    assert hybridcodec.decode(small, layer="base", scale=1).shape == (21, 33, 3)
    np.testing.assert_array_equal(hybridcodec.decode(small, layer="base", scale=2), tiny)
    require_cuts(small, layer="base", scale=0)


class Watched(io.BytesIO):
    """Counts what is read."""

    taken = 0

    def read(self, size: int | None = -1) -> bytes:
        found = super().read(size)
        self.taken += len(found)
        return found


@pytest.fixture(scope="module")
def photograph() -> bytes:
    with only_coder(6):
        return hybridcodec.encode(waves(100, 1500))


def test_bytes_a_path_and_a_stream_give_the_same(photograph: bytes, tmp_path: Path) -> None:
    path, stream, region = tmp_path / "a.hyc", Watched(photograph), (1400, 10, 20, 30)
    path.write_bytes(photograph)
    found = hybridcodec.decode(photograph, region=region)
    for source in (path, str(path), stream, memoryview(photograph)):
        np.testing.assert_array_equal(hybridcodec.decode(source, region=region), found)
    assert stream.taken < len(photograph) / 3


def test_only_the_tiles_that_are_needed_are_proven(photograph: bytes) -> None:
    album = container.Album.open(photograph)
    last = len(album.layer(0, Layers.RESIDUAL).tiles) - 1
    payload = album.tile(0, Layers.RESIDUAL, last).payload
    assert payload is not None
    place = photograph.index(payload)
    damaged = photograph[:place] + bytes([payload[0] ^ 1]) + photograph[place + 1 :]
    with pytest.raises(CorruptFileError, match="damaged"):
        hybridcodec.decode(damaged)
    assert hybridcodec.decode(damaged, region=(0, 0, 40, 20)).shape == (20, 40, 3)
    with pytest.raises(CorruptFileError, match=f"residual tile {last}"):
        hybridcodec.decode(damaged, region=(1490, 90, 10, 10))


def test_it_is_said_how_many_tiles_were_read(photograph: bytes) -> None:
    found = read_excerpt(photograph, Asked(Region(0, 0, 40, 20)))
    tiles = [layer.tiles for layer in (only(photograph).base, only(photograph).residual) if layer]
    assert found.tiles == (1 + 2 * 4, sum(map(len, tiles)))
    assert found.size == (100, 1500)


def test_what_is_decoded_whole_is_compared_with_its_hash(photograph: bytes) -> None:
    other = bytes(range(32))
    data = rewritten(photograph, residual={"sample_hash": other}, source_hash=other)
    assert hybridcodec.decode(data, region=(0, 0, 9, 9)).shape == (9, 9, 3)
    with pytest.raises(MismatchError):
        hybridcodec.decode(data, region=(0, 0, 1500, 100))


def test_a_cut_file_gives_the_regions_whose_tiles_arrived(photograph: bytes) -> None:
    cut = photograph[: len(photograph) - 4000]
    found = hybridcodec.decode(cut, region=(0, 0, 40, 20))
    np.testing.assert_array_equal(found, hybridcodec.decode(photograph, region=(0, 0, 40, 20)))
    with pytest.raises(TruncatedFileError):
        hybridcodec.decode(cut, region=(1490, 90, 10, 10))


BAD = [5, "1,2,3,4", (1, 2, 3), (1, 2, 3, 4, 5), (0, 0, 0, 5), (-1, 0, 5, 5), (0, 0, 5, 1.5), (0, 0, True, 5)]


@pytest.mark.parametrize("region", BAD, ids=str)
def test_what_is_no_region_is_refused_in_one_line(photograph: bytes, region: Any) -> None:
    with pytest.raises(InputError, match=r"^a region is x, y, width, height: .*; found .+$"):
        hybridcodec.decode(photograph, region=region)


@pytest.mark.parametrize("region", [(1500, 0, 1, 1), (0, 0, 1501, 1), (0, 99, 1, 2), (1 << 40, 0, 1, 1)])
def test_a_region_beyond_the_picture_is_refused(photograph: bytes, region: Any) -> None:
    with pytest.raises(InputError, match=r"reaches beyond the picture of 1500x100 pixels$"):
        hybridcodec.decode(photograph, region=region)


def test_other_mistakes_are_one_line_too(photograph: bytes, tmp_path: Path) -> None:
    region = (0, 0, 5, 5)
    with pytest.raises(LimitError, match="the limit is 24"):
        hybridcodec.decode(photograph, region=region, max_pixels=24)
    with pytest.raises(InputError, match="a scale belongs to a preview"):
        hybridcodec.decode(photograph, region=region, scale=1)
    with pytest.raises(InputError, match="scale is a number from 0 to 3"):
        hybridcodec.decode(photograph, layer="base", scale=4)
    with pytest.raises(InputError, match="there is no picture 1"):
        hybridcodec.decode(photograph, region=region, picture=1)
    with pytest.raises(InputError, match="cannot be read"):
        hybridcodec.decode(tmp_path / "none.hyc", region=region)
    with pytest.raises(InputError, match="its path or a seekable stream"):
        hybridcodec.decode(7, region=region)  # type: ignore[arg-type]
    with pytest.raises(UnsupportedError, match="perceptual layer alone"):
        hybridcodec.decode(hybridcodec.encode(waves(9, 9), mode="perceptual"), region=region)

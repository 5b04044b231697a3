"""Pictures of every kind of samples come back exactly, alone, in albums and in groups; their previews show them."""

from itertools import pairwise

import base_models
import hybridcodec_container as container
import numpy as np
import pytest
from numpy.typing import NDArray

from hybridcodec import codec
from hybridcodec.errors import FidelityError, UnsupportedError
from hybridcodec.image import Metadata, Picture, Window
from hybridcodec.kinds import GRAY, INDEXED, RGB, Palette, Role, SampleKind
from hybridcodec.options import Options

H, W = 37, 53
ADAPTIVE = 6
ALPHA, OTHER = Role.ALPHA, Role.OTHER
PALETTE = Palette(3, 8, bytes(range(60)))


def smooth(kind: SampleKind, seed: int = 3) -> NDArray[np.int64]:
    """Slopes with a little noise over the whole range of a kind."""
    rng = np.random.default_rng(seed)
    rows, columns = np.mgrid[:H, :W]
    slope = (rows[..., None] * 3 + columns[..., None] * np.arange(1, kind.channels + 1)) / (3 * H + W * kind.channels)
    noise = rng.normal(0, 0.01, (H, W, kind.channels))
    top = 19 if kind.palette else kind.high
    return np.clip(np.rint(kind.low + (top - kind.low) * (slope + noise)), kind.low, top).astype(np.int64)


KINDS = {
    str(kind): kind
    for kind in (
        *(SampleKind(GRAY, bits) for bits in (1, 2, 4, 7, 8, 9, 12, 16)),
        *(SampleKind(GRAY, bits, signed=True) for bits in (2, 8, 12, 16)),
        *(SampleKind((*GRAY, ALPHA), bits) for bits in (8, 16)),
        *(SampleKind(RGB, bits) for bits in (4, 8, 10, 16)),
        *(SampleKind((*RGB, ALPHA), bits) for bits in (8, 16)),
        SampleKind((*RGB, Role.ALPHA_PREMULTIPLIED), 8),
        *(SampleKind((OTHER,) * n, 12, signed=n == 2) for n in (1, 2, 4)),
        SampleKind(INDEXED, 8, palette=PALETTE),
        SampleKind((*INDEXED, ALPHA), 8, palette=PALETTE),
    )
}


@pytest.mark.parametrize("name", KINDS)
def test_samples_of_every_kind_come_back(name: str) -> None:
    kind = KINDS[name]
    picture = Picture.of(smooth(kind).astype(kind.dtype), kind, Metadata(xmp=b"<x/>"))
    data = codec.encode(picture)
    found = codec.decode_picture(data)
    assert found.samples.dtype == kind.dtype
    assert (found.kind, found.metadata) == (kind, picture.metadata)
    assert np.array_equal(found.samples, picture.samples)
    info = codec.check(data)
    assert (info.bit_depth, info.signed, info.channels) == (kind.bit_depth, kind.signed, kind.channels)


@pytest.mark.parametrize("max_error", [1, 2, 100])
@pytest.mark.parametrize("name", [name for name, kind in KINDS.items() if kind.bit_depth >= 7 and not kind.palette])
def test_near_lossless_samples_keep_their_bound(name: str, max_error: int) -> None:
    kind = KINDS[name]
    picture = Picture.of(smooth(kind).astype(kind.dtype), kind)
    found = codec.decode_picture(codec.encode(picture, mode="near-lossless", max_error=max_error))
    error = np.abs(found.samples.astype(np.int64) - picture.samples)
    assert 0 < error.max() <= max_error


def test_indices_cannot_be_near_lossless() -> None:
    kind = SampleKind(INDEXED, 8, palette=PALETTE)
    with pytest.raises(FidelityError, match="near-lossless"):
        codec.encode(Picture.of(np.zeros((3, 4), np.uint8), kind), mode="near-lossless", max_error=1)


@pytest.mark.parametrize("dtype", [bool, np.int8, np.uint16, np.int16, ">u2"])
def test_plain_arrays_of_other_types_come_back(dtype: str) -> None:
    rng = np.random.default_rng(1)
    samples = rng.integers(0, 2, (9, 11)).astype(dtype)
    assert np.array_equal(codec.decode(codec.encode(samples)), samples)


@pytest.mark.parametrize("name", [name for name, kind in KINDS.items() if OTHER not in kind.roles])
def test_a_preview_alone_shows_what_the_rule_says(name: str) -> None:
    kind = KINDS[name]
    picture = Picture.of(smooth(kind).astype(kind.dtype), kind)
    preview = codec.decode(codec.encode(picture, mode="perceptual"), layer="perceptual")
    assert (preview.dtype, preview.shape[:2]) == (np.uint8, (H, W))
    if kind.roles == GRAY:
        order = np.argsort(smooth(kind)[..., 0].ravel(), kind="stable")
        assert preview.ravel()[order[:200]].mean() < preview.ravel()[order[-200:]].mean()


def test_what_no_rule_shows_has_no_preview() -> None:
    picture = Picture.of(np.zeros((4, 5, 2), np.uint8), SampleKind((OTHER, OTHER)))
    data = codec.encode(picture, options=Options(preview="full"))
    with pytest.raises(UnsupportedError, match="no preview"):
        codec.decode(data, layer="perceptual")
    with pytest.raises(UnsupportedError, match="no rule says"):
        codec.encode(picture, mode="perceptual")


@pytest.mark.parametrize(("preview", "shape"), [("small", (5, 7)), ("full", (37, 53))])
def test_the_size_of_a_preview_is_a_choice(preview: str, shape: tuple[int, int]) -> None:
    for samples in (smooth(SampleKind(GRAY, 12)).astype(np.uint16), smooth(SampleKind(RGB)).astype(np.uint8)):
        data = codec.encode(samples, options=Options(preview=preview))
        assert codec.decode(data, layer="perceptual").shape[:2] == shape
        assert np.array_equal(codec.decode(data).reshape(samples.shape), samples)


def test_no_preview_is_a_choice() -> None:
    for samples in (np.zeros((30, 30), np.uint16), smooth(SampleKind(RGB)).astype(np.uint8)):
        data = codec.encode(samples, options=Options(preview="none"))
        assert np.array_equal(codec.decode(data).reshape(samples.shape), samples)
        with pytest.raises(UnsupportedError, match="no preview"):
            codec.decode(data, layer="perceptual")


@pytest.mark.parametrize(("medical", "share"), [(False, 0.03), (True, 0.01)])
def test_previews_of_medical_pictures_take_a_smaller_share(medical: bool, share: float) -> None:
    indices = np.random.default_rng(3).integers(0, 256, (120, 130, 1)).astype(np.uint8)
    picture = Picture(indices, SampleKind(INDEXED, 8, palette=PALETTE), medical=medical)
    info = codec.read_info(codec.encode(picture))
    assert 0 < info.base_bytes <= share * info.residual_bytes
    assert (info.base_bytes > 0.01 * info.residual_bytes) is not medical


@pytest.mark.parametrize("invert", [False, True])
def test_a_window_says_what_the_preview_shows(invert: bool) -> None:
    samples = np.repeat(np.array([[-1000, 0, 40, 80, 2000]], np.int16), 16, 1).repeat(48, 0)
    picture = Picture.of(samples, SampleKind(GRAY, 16, signed=True), window=Window(0, 80, invert))
    preview = codec.decode(codec.encode(picture, mode="perceptual"), layer="perceptual").astype(int)
    shown = [int(np.median(preview[:, 16 * n + 6 : 16 * n + 10])) for n in range(5)]
    expected = [255, 255, 127, 0, 0] if invert else [0, 0, 128, 255, 255]
    assert np.abs(np.subtract(shown, expected)).max() <= 40


@pytest.mark.parametrize("window", [None, Window(0, 255, invert=True)])
def test_photographs_whose_preview_is_no_ground_come_back(window: Window | None) -> None:
    rng = np.random.default_rng(8)
    samples = np.clip(smooth(SampleKind(GRAY)) + rng.integers(-9, 10, (H, W, 1)), 0, 255).astype(np.uint8)
    indexed = SampleKind(INDEXED, palette=Palette(3, 8, bytes(768)))
    for kind, given in ((SampleKind(GRAY), window), (indexed, None), (SampleKind((OTHER,)), None)):
        for preview in ("auto", "small", "full"):
            data = codec.encode(Picture.of(samples, kind, window=given), options=Options(preview=preview))
            assert np.array_equal(codec.decode(data), samples[..., 0])
            codec.check(data)


def test_a_toned_photograph_in_a_palette_is_coded_as_what_it_is() -> None:
    samples = base_models.photograph_like(96, 128)[..., 1]
    tones = (np.linspace(0, 1, 256)[:, None] ** (0.8, 1.0, 1.3) * 255).astype(np.uint8)
    toned = Picture.of(samples, SampleKind(INDEXED, palette=Palette(3, 8, tones.tobytes())))
    data = codec.encode(toned, options=Options(preview="none"))
    assert codec.read_info(data).coders == (ADAPTIVE,)
    assert np.array_equal(codec.decode(data), samples)
    gray = codec.encode(Picture.of(samples), options=Options(preview="none"))
    assert len(data) < 1.01 * len(gray) + tones.size


def album(count: int, kind: SampleKind) -> list[Picture]:
    drawn = (smooth(kind, seed).astype(kind.dtype) for seed in range(count))
    return [Picture.of(samples, kind, Metadata(xmp=b"%d" % n)) for n, samples in enumerate(drawn)]


def test_an_album_gives_each_picture_with_its_metadata() -> None:
    pictures = [*album(2, SampleKind(GRAY, 12)), *album(2, SampleKind(RGB)), *album(1, SampleKind(GRAY, 1))]
    data = codec.encode_album(iter(pictures))
    assert codec.check(data).pictures == 5
    for number, picture in enumerate(pictures):
        found = codec.decode_picture(data, picture=number)
        assert np.array_equal(found.samples, picture.samples)
        assert (found.kind, found.metadata) == (picture.kind, picture.metadata)
        assert codec.read_metadata(data, number) == picture.metadata
        assert codec.read_info(data, number).bit_depth == picture.kind.bit_depth


def test_frames_that_follow_each_other_form_groups_that_never_exceed_the_limit() -> None:
    kind = SampleKind(GRAY, 12)
    noise = np.random.default_rng(5).integers(0, 4096, (H, W)).astype(np.uint16)
    frames = [Picture.of(np.minimum(noise + n, 4095).astype(np.uint16), kind) for n in range(12)]
    data = codec.encode_album(frames)
    with_groups = [picture.header.group_position for picture in container.read_container(data).pictures]
    assert with_groups[:8] == list(range(8))
    assert all(b in (0, a + 1) and b < 8 for a, b in pairwise([-1, *with_groups]))
    for number, frame in enumerate(frames):
        assert np.array_equal(codec.decode(data, picture=number), frame.samples[..., 0])
    codec.check(data)


def test_encoding_twice_gives_the_same_bytes() -> None:
    pictures = [*album(2, SampleKind(GRAY, 12)), *album(1, SampleKind((*RGB, ALPHA)))]
    assert codec.encode_album(pictures) == codec.encode_album(pictures)

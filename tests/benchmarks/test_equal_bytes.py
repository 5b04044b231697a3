"""The search for a level at which a codec's file has a given size, and the lossy codecs themselves."""

import math

import base_models
import numpy as np
import pytest

from benchmarks.codecs import LOSSY, OURS, U8, LossyCodec, build
from benchmarks.equal_bytes import WITHIN, bracket, nearest, not_smaller
from benchmarks.previews import judged

PICTURE: U8 = base_models.photograph_like(180, 196, seed=5)
FINE = ("jpeg", "webp", "jxl")


def toy(step: float) -> LossyCodec:
    """Files that grow by a tenth a level, from 100 bytes."""
    return LossyCodec("toy", lambda _, level: bytes(round(100 * 1.1**level)), lambda _: PICTURE, 0, 20, step)


@pytest.mark.parametrize("step", [1, 0.01])
@pytest.mark.parametrize("wanted", [101, 110, 205.5, 480])
def test_the_file_nearest_in_size_is_found(step: float, wanted: float) -> None:
    found = nearest(toy(step), PICTURE, wanted)
    assert abs(math.log(found.size / wanted)) <= math.log(1.1) * step / 2 + 0.01
    below, above = bracket(toy(step), PICTURE, wanted)
    assert below.size < wanted <= above.size
    assert not_smaller(toy(step), PICTURE, 205).size >= 205


@pytest.mark.parametrize(("wanted", "level"), [(50, 0), (100, 0), (5000, 20)])
def test_a_size_out_of_range_gives_the_end_of_the_range(wanted: float, level: float) -> None:
    assert nearest(toy(1), PICTURE, wanted).level == level


@pytest.mark.parametrize("name", [name for name in LOSSY if name != OURS])
@pytest.mark.parametrize("channels", [1, 3])
def test_other_lossy_codecs_meet_a_size_and_show_the_picture(name: str, channels: int) -> None:
    pytest.importorskip("imagecodecs", reason="the extra `benchmark` is not installed")
    codec, original = LOSSY[name], PICTURE if channels == 3 else PICTURE[..., 0]
    found = nearest(codec, original, 4000)
    shown = codec.decoded(found.data, original)
    assert shown.shape == original.shape
    assert judged(original, shown, found.size).psnr > 22
    assert abs(found.size / 4000 - 1) < (WITHIN if name in FINE else 0.15)


def test_jpeg_goes_as_low_as_its_tables_do() -> None:
    small, large = (len(LOSSY["jpeg"].encode(PICTURE, level)) for level in (-4, 4))
    assert small * 10 < large


def test_this_codec_is_lossy_at_a_level_and_a_codec_among_others() -> None:
    codec = build(OURS, level=0.8)
    data = codec.encode(PICTURE)
    assert abs(8 * len(data) / PICTURE[..., 0].size / 0.8 - 1) < 0.05
    assert codec.decode(data).shape == PICTURE.shape
    assert not np.array_equal(codec.decode(data), PICTURE)

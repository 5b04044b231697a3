"""Values that occur: lists of them in files, ranks, and pictures that are smaller by them."""

from dataclasses import replace

import base_models
import numpy as np
import pytest
from hyc_files import only, rewritten
from numpy.typing import NDArray
from PIL import Image, ImageDraw, ImageFont

from hybridcodec import Mode, Options, decode, encode, read_info
from hybridcodec.errors import CorruptFileError, UnsupportedError
from hybridcodec.residual import CodedTile, Ground, Quantiser, coder_of, decode_residual, trials
from hybridcodec.residual.occurring import WORTH, Occurring, missing
from hybridcodec.salvage import salvage
from hybridcodec.tiling import Tiling

PAGE, ADAPTIVE = 3, 6


def stretched(height: int, width: int, channels: int = 3, gap: int = 5) -> NDArray[np.uint8]:
    """A photograph in which one value in `gap` occurs."""
    return base_models.photograph_like(height, width)[..., :channels] // gap * gap


def page(height: int = 240, width: int = 320) -> NDArray[np.uint8]:
    """Lines of letters, black on white in eight bits."""
    sheet, rng = Image.new("L", (width, height), 255), np.random.default_rng(5)
    for row in range(4, height - 12, 14):
        line = "".join(rng.choice(list("etaoin shrdlu cmfwyp"), width // 7))
        ImageDraw.Draw(sheet).text((6, row), line, fill=0, font=ImageFont.load_default_imagefont())
    return np.asarray(sheet)[..., None]


@pytest.mark.parametrize("max_error", [0, 1, 3])
def test_ranks_of_what_occurs_stand_for_it_again(max_error: int) -> None:
    samples = stretched(20, 30)
    plain = Quantiser(max_error)
    packed = plain.packed_for(samples)
    assert packed is not None
    assert packed.top < plain.top
    values = packed.values(samples)
    assert (values.min(), values.max()) == (0, packed.top)
    assert np.array_equal(packed.samples(values), plain.samples(plain.values(samples)))
    listed = Occurring.unpack(packed.occurring.pack() if packed.occurring else b"", 3, plain.top)
    assert listed == packed.occurring


def test_a_value_that_does_not_occur_has_the_rank_of_the_next_that_does() -> None:
    occurring = Occurring.unpack(np.packbits(np.isin(np.arange(256), [10, 20, 200])).tobytes(), 1, 255)
    values = np.array([[0], [10], [11], [20], [21], [255]], np.int32)
    assert occurring.ranks(values)[:, 0].tolist() == [0, 0, 1, 1, 2, 2]


@pytest.mark.parametrize(
    ("listed", "top"),
    [
        (bytes(32), 255),
        (b"\xff" * 32, 255),
        (b"\x80" + bytes(9) + b"\x01", 85),
        (b"\xff" * 31 + b"\xfe" + bytes(32), 255),
    ],
)
def test_lists_that_cannot_be_are_corrupt(listed: bytes, top: int) -> None:
    with pytest.raises(CorruptFileError, match="values that occur"):
        Occurring.unpack(listed, len(listed) // (top // 8 + 1), top)


@pytest.mark.parametrize(("size", "top"), [(31, 255), (64, 255), (8192, 65535)])
def test_common_bytes_that_are_no_list_are_of_a_later_version(size: int, top: int) -> None:
    with pytest.raises(UnsupportedError, match=f"{size} common bytes"):
        Occurring.unpack(b"\x55" * size, 1, top)


def test_gaps_count_by_what_would_fill_them() -> None:
    def share(*counts: int) -> float:
        return missing(np.array([counts], np.int64))

    assert share(5, 9, 30, 8) == 0
    assert share(0, 0, 30, 8, 0) == 0  # beyond the ends is no gap
    assert share(1, 0, 500, 600, 0, 0, 1) < WORTH
    assert share(50, 0, 50, 0, 50) == 0.4
    assert missing(np.array([[5, 5, 5], [5, 0, 5]], np.int64)) == pytest.approx(1 / 3)


@pytest.mark.parametrize("channels", [1, 3])
@pytest.mark.parametrize(("mode", "max_error"), [(Mode.LOSSLESS, 0), (Mode.NEAR_LOSSLESS, 2)])
def test_a_stretched_photograph_is_smaller_and_comes_back(channels: int, mode: Mode, max_error: int) -> None:
    samples = stretched(60, 70, channels, gap=15)
    data = encode(samples, mode=mode, max_error=max_error)
    listed = 0 if channels == 1 else 3 * -(-(Quantiser(max_error).top + 1) // 8)  # gray is for wide, which has its own
    assert len(only(data).residual.common) == listed
    assert np.abs(decode(data).reshape(samples.shape).astype(int) - samples).max() <= max_error
    region = decode(data, region=(5, 7, 11, 13)).reshape(13, 11, channels)
    assert np.array_equal(region, decode(data).reshape(samples.shape)[7:20, 5:16])
    assert np.array_equal(salvage(data).samples.reshape(samples.shape), decode(data).reshape(samples.shape))
    plain = encode(base_models.photograph_like(60, 70)[..., :channels], mode=mode, max_error=max_error)
    assert len(data) < 0.8 * len(plain)


@pytest.mark.parametrize("values", [(0, 255), (17, 18)])
def test_two_values_in_eight_bits_are_a_page(values: tuple[int, int]) -> None:
    samples = np.where(page() > 0, values[1], values[0]).astype(np.uint8)
    data = encode(samples)
    assert read_info(data).coders == (PAGE,)
    assert np.array_equal(decode(data).reshape(samples.shape), samples)
    assert not read_info(data).matching_used


def test_a_page_in_eight_bits_is_matched_where_that_is_allowed_alone() -> None:
    letters = np.tile(page(20, 24), (6, 6, 1))
    assert not read_info(encode(letters)).matching_used
    assert np.array_equal(decode(encode(letters, options=Options(matching=True))).reshape(letters.shape), letters)


def test_photographs_whose_values_all_occur_are_tried_once() -> None:
    samples = base_models.photograph_like(64, 64)
    assert [trial.quantiser.occurring for trial in trials(samples, Quantiser())] == [None]


def test_a_rank_that_no_value_of_its_channel_has_is_corrupt() -> None:
    samples = stretched(24, 24, 1)
    many, few = Quantiser().packed_for(samples), Quantiser().packed_for(samples[:1, :1])
    assert many is not None
    assert few is not None
    stored, tiling = coder_of(5), Tiling(24, 24, 24, 24)
    (payload,) = stored.encode(Ground(1, many), samples, tiling.areas)
    mixed = replace(many, occurring=replace(many.occurring, bits=(many.occurring.bits[0],)))
    assert np.array_equal(decode_residual([CodedTile(5, payload)], Ground(1, mixed), {}, tiling), samples)
    with pytest.raises(CorruptFileError, match=r"outside|more values"):
        decode_residual([CodedTile(5, payload)], Ground(1, few), {}, tiling)


def test_a_list_of_other_values_is_noticed() -> None:
    data = encode(stretched(40, 50))
    listed = bytearray(only(data).residual.common)
    listed[3] ^= 0x55
    with pytest.raises(Exception, match=r"differ|occur|sample|end|tile") as found:
        decode(rewritten(data, residual={"common": bytes(listed)}))
    assert type(found.value).__module__.startswith("hybridcodec")

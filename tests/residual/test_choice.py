"""The quick look that says which coders are worth a trial."""

from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pytest
from numpy.typing import NDArray
from PIL import Image

from hybridcodec.residual import choice
from hybridcodec.residual.coders import CODERS
from hybridcodec.residual.quantiser import Quantiser

SHARED = Path(__file__).parents[2].parent / "shared" / "data"
WIDE, PAGE, INDEX, STORED, ADAPTIVE = 2, 3, 4, 5, 6


@dataclass(frozen=True)
class Toy:
    """A coder as far as `choice` sees it."""

    number: int

    def takes(self, channels: int, quantiser: Quantiser) -> bool:
        if self.number == ADAPTIVE:
            return channels in (1, 3) and (quantiser.low, quantiser.high) == (0, 255)
        return self.number != PAGE or (channels, quantiser.top) == (1, 1)


@pytest.fixture(autouse=True)
def _all_coders(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(choice, "CODERS", tuple(map(Toy, (ADAPTIVE, STORED, WIDE, PAGE, INDEX))))


def chosen(
    samples: NDArray[np.integer], quantiser: Quantiser | None = None, *, indexed: bool = False, medical: bool = False
) -> list[int]:
    found = choice.candidates(samples, quantiser or Quantiser(), indexed=indexed, medical=medical)
    return [coder.number for coder in found]


def photograph(height: int, width: int, channels: int) -> NDArray[np.uint8]:
    """A smooth slope with the noise of a sensor."""
    slope = np.linspace(40, 200, height)[:, None, None] + np.linspace(-30, 30, width)[None, :, None]
    noise = np.random.default_rng(7).normal(0, 3, (height, width, channels))
    return np.clip(slope + noise, 0, 255).astype(np.uint8)


def screen(height: int, width: int, channels: int) -> NDArray[np.uint8]:
    """A plain ground with boxes."""
    samples = np.full((height, width, channels), 240, np.uint8)
    samples[10:40, 10:50] = 30
    samples[::12, ::5] = 90
    return samples


def test_photographs_in_colour_are_for_their_coder_alone() -> None:
    assert chosen(photograph(60, 80, 3)) == [ADAPTIVE]


def test_gray_photographs_are_tried_by_both_coders_that_predict() -> None:
    assert chosen(photograph(60, 80, 1)) == [ADAPTIVE, WIDE]


@pytest.mark.parametrize("channels", [1, 2, 3, 4])
def test_screens_are_for_index_first(channels: int) -> None:
    numbers = chosen(screen(60, 80, channels))
    assert numbers[0] == INDEX
    assert ADAPTIVE not in numbers


def test_numbers_of_colours_in_no_order_are_not_for_the_coder_of_photographs() -> None:
    numbers = np.random.default_rng(5).permutation(256).astype(np.uint8)
    assert chosen(numbers[photograph(60, 80, 1)], indexed=True) == [INDEX]


@pytest.mark.parametrize("channels", [3, 4])
def test_gray_behind_labels_in_colour_is_tried_as_gray(channels: int) -> None:
    samples = np.zeros((60, 80, channels), np.uint8)
    samples[:, 20:60] = photograph(60, 40, 1)
    samples[4:8, 4:12, :3] = 250, 180, 20
    assert chosen(samples) == [INDEX, WIDE]


def test_numbers_of_colours_that_are_a_ramp_of_gray_are_tried_as_gray() -> None:
    assert chosen(photograph(60, 80, 1), indexed=True) == [INDEX, WIDE, ADAPTIVE]
    assert chosen(screen(60, 80, 1), indexed=True) == [INDEX]


@pytest.mark.parametrize(("channels", "indexed"), [(3, False), (1, True)])
def test_medical_pictures_are_tried_by_the_wide_coder_too(channels: int, indexed: bool) -> None:
    assert WIDE in chosen(screen(60, 80, channels), indexed=indexed, medical=True)
    assert WIDE not in chosen(screen(60, 80, channels), indexed=indexed)


def test_a_screen_that_shows_a_photograph_is_tried_both_ways() -> None:
    samples = screen(60, 80, 3)
    samples[:, 50:] = photograph(60, 30, 3)
    assert chosen(samples) == [INDEX, ADAPTIVE]


def test_few_colours_that_never_repeat_are_tried_as_colours() -> None:
    colours = np.random.default_rng(8).integers(0, 256, (30, 3)).astype(np.uint8)
    dithered = colours[np.random.default_rng(9).integers(0, 30, (60, 80))]
    assert INDEX in chosen(dithered)


def test_two_values_are_a_page() -> None:
    bits = np.random.default_rng(1).integers(0, 2, (90, 70, 1)).astype(np.uint8)
    assert chosen(bits, Quantiser(0, 0, 1))[0] == PAGE


@pytest.mark.parametrize("channels", [2, 4])
def test_photographs_with_alpha_are_for_wide(channels: int) -> None:
    assert chosen(photograph(60, 80, channels)) == [WIDE]


@pytest.mark.parametrize("quantiser", [Quantiser(0, 0, 4095, "u2"), Quantiser(0, -2048, 2047, "i2")])
def test_more_than_eight_bits_are_for_wide(quantiser: Quantiser) -> None:
    samples = (photograph(60, 80, 1).astype(np.int32) * 7 + quantiser.low).astype(quantiser.dtype)
    assert chosen(samples, quantiser) == [WIDE]


def test_flat_pictures_of_more_than_eight_bits_may_be_stored() -> None:
    samples = screen(60, 80, 3).astype(np.uint16) * 257
    assert chosen(samples, Quantiser(0, 0, 65535, "u2")) == [WIDE, STORED]


@pytest.mark.parametrize(("bits", "dtype", "channels"), [(8, "u1", 4), (16, "u2", 1)])
def test_noise_may_be_stored(bits: int, dtype: str, channels: int) -> None:
    samples = np.random.default_rng(2).integers(0, 1 << bits, (90, 70, channels)).astype(dtype)
    assert STORED in chosen(samples, Quantiser(0, 0, (1 << bits) - 1, dtype))


@pytest.mark.parametrize("shape", [(1, 1, 2), (1, 200, 4), (5, 1, 4)])
def test_tiny_pictures_may_be_stored(shape: tuple[int, int, int]) -> None:
    assert STORED in chosen(np.zeros(shape, np.uint8))


@pytest.mark.parametrize("shape", [(1, 1, 1), (1, 300, 3), (5, 1, 3)])
def test_tiny_gray_and_rgb_pictures_are_coded_as_photographs(shape: tuple[int, int, int]) -> None:
    assert chosen(np.zeros(shape, np.uint8)) == [ADAPTIVE]


@pytest.mark.parametrize("shape", [(1, 1, 1), (60, 80, 1), (60, 80, 4)])
def test_there_is_always_a_coder_that_this_version_has(
    shape: tuple[int, int, int], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(choice, "CODERS", CODERS)
    for samples in (photograph(*shape), screen(*shape)):
        coders = choice.candidates(samples, Quantiser())
        assert coders
        assert all(coder in CODERS and coder.takes(shape[2], Quantiser()) for coder in coders)


@pytest.mark.skipif(not SHARED.exists(), reason="needs ../shared/data")
def test_photographs_of_the_benchmark_cost_no_other_trial() -> None:
    pictures = sorted((SHARED / "bench" / "kodak").glob("*.png"))
    assert pictures
    for path in pictures:
        samples = np.asarray(Image.open(path))
        assert chosen(samples) == [ADAPTIVE]
        assert chosen(samples[..., 1:2]) == [ADAPTIVE, WIDE]

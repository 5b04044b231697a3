"""Samples are checked with what was found, and pictures compared in every sub-pixel."""

import numpy as np
import pytest

from hybridcodec.errors import InputError, MismatchError, UnsupportedError
from hybridcodec.image import Layer, Metadata, Mode, checked_samples, difference, require_within


@pytest.mark.parametrize(("shape", "expected"), [((2, 5), (2, 5, 1)), ((2, 5, 1), (2, 5, 1)), ((1, 1, 3), (1, 1, 3))])
def test_gray_and_rgb_samples_get_three_dimensions(shape: tuple[int, ...], expected: tuple[int, ...]) -> None:
    assert checked_samples(np.zeros(shape, np.uint8)).shape == expected


def test_a_strided_view_becomes_contiguous_and_keeps_its_samples() -> None:
    samples = np.random.default_rng(1).integers(0, 256, (6, 8, 3), np.uint8)[::-1, ::2]
    checked = checked_samples(samples)
    assert checked.flags.c_contiguous
    assert np.array_equal(checked, samples)


@pytest.mark.parametrize(
    ("samples", "error", "found"),
    [
        ([[1, 2]], InputError, "list"),
        (np.zeros(4, np.uint8), InputError, r"\(4,\)"),
        (np.zeros((1, 2, 3, 1), np.uint8), InputError, r"\(1, 2, 3, 1\)"),
        (np.zeros((0, 4), np.uint8), InputError, r"\(0, 4\)"),
        (np.zeros((4, 0, 3), np.uint8), InputError, r"\(4, 0, 3\)"),
        (np.zeros((2, 2), np.float32), UnsupportedError, "float32"),
        (np.zeros((2, 2), np.int32), UnsupportedError, "int32"),
        (np.zeros((2, 2, 5), np.uint8), UnsupportedError, "found 5"),
    ],
)
def test_other_samples_are_refused_with_what_was_found(samples: object, error: type[Exception], found: str) -> None:
    with pytest.raises(error, match=found):
        checked_samples(samples)


def test_difference_counts_every_sub_pixel_and_names_the_first() -> None:
    one = np.full((3, 4, 3), 200, np.uint8)
    two = one.copy()
    two[1, 2, 1] = 3
    two[2, 0, 0] = 255
    assert difference(one, two) == difference(two, one)
    result = difference(one, two)
    assert (result.differing, result.worst, result.first) == (2, 197, (1, 2, 1))


def test_extremes_differ_by_255_and_do_not_wrap() -> None:
    black, white = np.zeros((1, 1), np.uint8), np.full((1, 1), 255, np.uint8)
    assert difference(black, white).worst == 255


def test_bound_holds_up_to_its_value_and_breaks_above_it() -> None:
    one = np.full((2, 2), 10, np.uint8)
    two = one + np.array([[0, 1], [2, 3]], np.uint8)
    assert require_within(one, two, 3).worst == 3
    with pytest.raises(MismatchError, match="3 of 4 samples differ, by up to 3 where 2 is allowed, first at row 0"):
        require_within(one, two, 2)


def test_pictures_of_different_size_never_match() -> None:
    with pytest.raises(MismatchError, match="expected a picture of 3x2 with 1 channel, found 2x3 with 3 channels"):
        difference(np.zeros((2, 3), np.uint8), np.zeros((3, 2, 3), np.uint8))


def test_names_of_modes_and_layers_are_those_of_the_command_line() -> None:
    assert [str(mode) for mode in Mode] == ["lossless", "near-lossless", "perceptual"]
    assert [str(layer) for layer in Layer] == ["exact", "perceptual", "base"]
    assert Metadata() == Metadata(b"", b"", b"")

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from hybridcodec.residual.adaptive import wavefront
from hybridcodec.residual.adaptive.wavefront import LEAD, PAD
from hybridcodec.residual.least_squares import LAG

SIDES = st.integers(1, 12)


def planes(count: int, height: int, width: int) -> np.ndarray:
    return np.arange(1, count * height * width + 1, dtype=np.int32).reshape(count, height, width)


@settings(max_examples=40, deadline=None)
@given(st.integers(1, 3), SIDES, SIDES)
def test_planes_come_back_from_their_skewed_form(count: int, height: int, width: int) -> None:
    source = planes(count, height, width)
    skewed, back = wavefront.empty_planes(count, height, width), np.zeros_like(source)
    wavefront.skew(source, skewed)
    wavefront.unskew(skewed, back)
    assert (back == source).all()


@settings(max_examples=40, deadline=None)
@given(SIDES, SIDES)
def test_every_neighbour_within_the_pads_is_where_it_should_be(height: int, width: int) -> None:
    source = planes(1, height, width)
    skewed = wavefront.empty_planes(1, height, width)
    wavefront.skew(source, skewed)
    padded = np.pad(source[0], PAD, mode="edge")
    for y in range(height):
        for x in range(width):
            for dy in range(-PAD, PAD + 1):
                for dx in range(-PAD, LAG):
                    found = skewed[0, x + LAG * y + LEAD + dx + LAG * dy, y + PAD + dy]
                    assert found == padded[y + dy + PAD, x + dx + PAD]


@settings(max_examples=60, deadline=None)
@given(SIDES, SIDES)
def test_every_position_has_one_step_and_comes_after_its_causal_neighbours(height: int, width: int) -> None:
    when = {}
    for t in range(wavefront.steps(height, width)):
        first, last = wavefront.active(t, height, width)
        assert 0 <= first <= last <= height
        for y in range(first, last):
            when[y, t - LAG * y] = t
    assert sorted(when) == [(y, x) for y in range(height) for x in range(width)]
    for (y, x), t in when.items():
        for dx in range(-PAD, LAG):
            assert when.get((y - 1, x + dx), -1) < t
        assert when.get((y, x - 1), -1) < t


def test_steps_outside_the_tile_have_no_lanes() -> None:
    for t in (-1, -5, wavefront.steps(4, 9)):
        first, last = wavefront.active(t, 4, 9)
        assert first >= last


@pytest.mark.parametrize(("height", "width"), [(1, 1), (1, 6), (6, 1), (5, 2), (4, 9), (3, 4)])
def test_pads_hold_what_a_decoder_knows(height: int, width: int) -> None:
    """Beside the tile: left of a row the first sample of the row above, right of it its own last."""
    source, base = planes(1, height, width), np.zeros((1, height, width), np.int32)
    skewed = wavefront.empty_planes(1, height, width)
    wavefront.skew(base, skewed)
    for t in range(wavefront.steps(height, width)):
        first, last = wavefront.active(t, height, width)
        for y in range(first, last):
            for k in range(1, PAD + 1):  # what the neighbours of this position reach, before it is coded
                if t == LAG * y:
                    assert skewed[0, t + LEAD - k, y + PAD] == (source[0, y - 1, 0] if y else 0)
                if t - LAG * y == width - 1 and y:
                    assert skewed[0, t + LEAD + k - LAG, y + PAD - 1] == source[0, y - 1, -1]
            skewed[0, t + LEAD, y + PAD] = source[0, y, t - LAG * y]
        wavefront.spread_edges(skewed[0], t + LEAD, t + LEAD, height, width, first + PAD, last + PAD)


def test_planes_of_the_latest_steps_hold_what_neighbours_reach_and_what_was_written_ahead() -> None:
    rng, lanes, end = np.random.default_rng(4), 16, LEAD + 5 * wavefront.RECENT
    recent, plain = wavefront.recent_planes(2, 3, lanes), np.zeros((2, 3, end + PAD, lanes), np.int32)
    for t in range(LEAD, end):
        wavefront.move_on(recent, t)
        row = wavefront.recent(t)
        first = int(rng.integers(lanes))
        for plane, at in ((recent, row), (plain, t)):
            plane[:, :, at, first:] = t  # some lanes alone, as steps do, and a pad ahead
            plane[:, :, at + PAD - 1, first // 2] = -t
        assert np.array_equal(recent[:, :, row - LEAD : row + PAD], plain[:, :, t - LEAD : t + PAD])

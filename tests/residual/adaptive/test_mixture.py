"""The network and the tables against Python integers, bit for bit, at the extremes of what may arrive."""

import numpy as np
import pytest
import reference_adaptive
import residual_models
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.typing import NDArray

from hybridcodec.entropy.bounds import WHOLE
from hybridcodec.entropy.twin import bounds_of
from hybridcodec.residual.adaptive import columns, features, mixture, network
from hybridcodec.residual.adaptive.model import AdaptiveModel
from hybridcodec.residual.adaptive.reading import upper_bound
from hybridcodec.residual.adaptive.wavefront import PAD, Span
from hybridcodec.residual.adaptive.writing import column_of

I32 = NDArray[np.int32]
LANES = 32
CENTRES = {"zero": 0, "top": 16 * 255, "middle": 2040}


def extremes(rng: np.random.Generator, limit: int, shape: tuple[int, ...]) -> I32:
    """Values of which half are at the limits."""
    values = rng.integers(-limit, limit + 1, shape)
    at = rng.random(shape) < 0.5
    values[at] = rng.choice([-limit, limit], int(at.sum()))
    return values.astype(np.int32)


def evaluated(model: AdaptiveModel, channel: int, x: I32) -> I32:
    net = model.channels[channel].start
    room = network.scratch(net.network, x.shape[1])
    network.evaluate(x, 0, x.shape[1], net.network, room)
    return room[: network.OUTPUTS]


def tabulated(model: AdaptiveModel, channel: int, out: I32, centre: I32, scale: I32, top: int) -> tuple[I32, I32, I32]:
    """Bounds (lanes, COLUMNS + 1) of all columns, first values of windows, and widths of bins."""
    beside = (PAD, LANES - PAD)  # as all lanes of a tile have, for whole vectors
    out, centre, scale = np.pad(out, ((0, 0), beside)), np.pad(centre, beside), np.pad(scale, beside)
    place = np.stack([centre, np.zeros_like(centre), np.zeros_like(centre)])
    tables = mixture.Tables(
        model.exponentials, model.by_scale[1], *model.widths, model.channels[channel].start.cumulative
    )
    span, mixed = Span(0, PAD, PAD + LANES), np.zeros((mixture.ROOM, len(centre)), np.int32)
    mixture.mix(out, place, scale, span, top, tables, mixed)
    lanes = range(span.low, span.high)
    inner = [
        [upper_bound(mixed, place, tables.cumulative, q, top, column) for column in range(mixture.COLUMNS - 1)]
        for q in lanes
    ]
    bounds = np.pad(np.array(inner, np.int32), ((0, 0), (1, 1)), constant_values=((0, 0), (0, WHOLE)))
    for number, column in enumerate((1, mixture.BINS // 2, mixture.BINS)):
        columns.find_bounds(mixed, place, tables.cumulative, span, top, column, number)
        assert mixed[mixture.BOUNDS + number, lanes].tolist() == bounds[:, column + 1].tolist()
    samples = np.pad(np.random.default_rng(top).integers(0, top + 1, LANES).astype(np.int32), beside)
    columns.find_own_bounds(mixed, place, tables.cumulative, span, top, samples)
    own, below, above = mixed[mixture.BOUNDS :, lanes].tolist()
    assert own == [column_of(samples[q], place[1, q], place[2, q]) for q in lanes]
    for lane, column in enumerate(own):
        assert column == 0 or below[lane] == bounds[lane, column]
        assert column == mixture.COLUMNS - 1 or above[lane] == bounds[lane, column + 1]
    return bounds, place[1, lanes], place[2, lanes]


def reference(tensors: residual_models.Arrays, top: int) -> reference_adaptive.AdaptiveTile:
    return reference_adaptive.AdaptiveTile(tensors, np.zeros((3, 1, 1), np.int32), 3, top)


@pytest.mark.parametrize("channel", [0, 1, 2])
@pytest.mark.parametrize("spread", [10, 300, 2000])
def test_the_network_is_the_one_of_python_integers(channel: int, spread: int) -> None:
    tensors = residual_models.random_tensors(channel, spread)
    model, rng = AdaptiveModel.from_tensors(tensors), np.random.default_rng(channel)
    x = extremes(rng, features.LIMIT, (model.channels[channel].start.w1.shape[1], LANES))
    out = evaluated(model, channel, x)
    expected = [reference(tensors, 255).network(channel, x[:, lane].tolist()) for lane in range(LANES)]
    assert out.T.tolist() == expected


def test_weights_at_the_edge_of_the_proof_give_what_python_integers_give() -> None:
    tensors = residual_models.random_tensors(3, 0)
    tensors["rates"][11] = 0  # no drift: its proof would leave less
    for name, limit in (("w1", features.LIMIT), ("w2", network.HIDDEN_LIMIT), ("w3", 2 * network.HIDDEN_LIMIT)):
        weights = tensors[f"0.{name}"]
        largest = min(((1 << 31) - 5000) // (limit * weights.shape[1]), network.WEIGHT_LIMIT)
        tensors[f"0.{name}"] = extremes(np.random.default_rng(1), largest, weights.shape)
    model = AdaptiveModel.from_tensors(tensors)
    x = extremes(np.random.default_rng(2), features.LIMIT, (model.channels[0].start.w1.shape[1], LANES))
    x[:, 0] = np.where(tensors["0.w1"][0] < 0, -features.LIMIT, features.LIMIT)
    expected = [reference(tensors, 255).network(0, x[:, lane].tolist()) for lane in range(LANES)]
    assert evaluated(model, 0, x).T.tolist() == expected


@settings(max_examples=60, deadline=None)
@given(st.integers(0, 2**32 - 1), st.sampled_from([0, 1, 2, 28, 31, 32, 85, 255]), st.sampled_from([0, 1, 2]))
def test_bounds_rise_and_are_those_of_rows_of_python_integers(seed: int, top: int, channel: int) -> None:
    tensors, rng = residual_models.random_tensors(channel), np.random.default_rng(seed)
    model = AdaptiveModel.from_tensors(tensors)
    out = extremes(rng, int(rng.choice([50, 1000, mixture.OUTPUT_LIMIT])), (3 * mixture.COMPONENTS, LANES))
    centre = rng.integers(0, 16 * top + 1, LANES).astype(np.int32)
    scale = rng.choice([features.FLOOR, 17, 400, features.MAX_SCALE], LANES).astype(np.int32)
    bounds, start, bits = tabulated(model, channel, out, centre, scale, top)
    assert (np.diff(bounds) >= 1).all()
    assert ((start >= 0) & (start <= top)).all()
    for lane in range(LANES):
        places = out[:, lane].tolist(), int(centre[lane]), int(scale[lane])
        row, first, b = reference(tensors, top).row(channel, *places)
        assert (int(start[lane]), int(bits[lane])) == (first, b)
        assert bounds[lane].tolist() == bounds_of(np.array(row, np.int32)).tolist()


@pytest.mark.parametrize("top", [0, 1, 28, 85, 255])
def test_nothing_likely_is_left_outside_the_samples_that_exist(top: int) -> None:
    rng = np.random.default_rng(top)
    model = residual_models.random_model(1)
    out = extremes(rng, 800, (3 * mixture.COMPONENTS, LANES))
    centre = rng.integers(0, 16 * top + 1, LANES).astype(np.int32)
    bounds, start, bits = tabulated(model, 0, out, centre, np.full(LANES, 40, np.int32), top)
    for row, first, b in zip(np.diff(bounds).tolist(), start.tolist(), bits.tolist(), strict=True):
        for column in range(mixture.COLUMNS):
            lowest = first + ((column - 1) << b) if column else first - 1
            if lowest < 0 or lowest > top:
                assert row[column] <= (WHOLE >> mixture.TOTAL_BITS) + 1  # a frequency of 1, and 1


@settings(max_examples=80, deadline=None)
@given(st.integers(0, 255), st.integers(0, 255), st.integers(0, 3))
def test_every_value_has_a_column(value: int, first: int, bits: int) -> None:
    column = column_of(value, first, bits)
    assert 0 <= column < mixture.COLUMNS
    if value < first:
        assert column == 0
    elif value >= first + (mixture.BINS << bits):
        assert column == mixture.BINS + 1
    else:
        assert 0 <= value - (first + ((column - 1) << bits)) < 1 << bits

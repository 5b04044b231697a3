"""The network and the tables against Python integers, bit for bit, at the extremes of what may arrive."""

import numpy as np
import pytest
import reference_residual
import residual_models
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.typing import NDArray

from hybridcodec.residual.regression import features, mixture, network
from hybridcodec.residual.regression.model import ResidualModel
from hybridcodec.residual.regression.wavefront import Span

I32 = NDArray[np.int32]
LANES = 32
CENTRES = {"zero": 0, "top": 16 * 255, "middle": 2040}


def extremes(rng: np.random.Generator, limit: int, shape: tuple[int, ...]) -> I32:
    """Values of which half are at the limits."""
    values = rng.integers(-limit, limit + 1, shape)
    at = rng.random(shape) < 0.5
    values[at] = rng.choice([-limit, limit], int(at.sum()))
    return values.astype(np.int32)


def evaluated(model: ResidualModel, channel: int, x: I32) -> I32:
    net = model.channels[channel]
    room = network.scratch(net.network, x.shape[1])
    network.evaluate(x, 0, x.shape[1], net.network, room)
    return room[: network.OUTPUTS]


def tabulated(model: ResidualModel, channel: int, out: I32, centre: I32, scale: I32, top: int) -> tuple[I32, I32, I32]:
    lanes = out.shape[1]
    rows = np.zeros((lanes, mixture.COLUMNS), np.int32)
    place = np.stack([centre, np.zeros(lanes, np.int32), np.zeros(lanes, np.int32)])
    tables = mixture.Tables(model.exponentials, model.by_scale[1], *model.widths, model.channels[channel].cumulative)
    span, mixed = Span(0, 0, lanes), np.zeros((mixture.MIXED, lanes), np.int32)
    mixture.mix(out, place, scale, span, top, tables, mixed)
    mixture.tabulate(mixed, place, tables.cumulative, span, top, rows)
    return rows, place[1], place[2]


def reference(tensors: residual_models.Arrays, top: int) -> reference_residual.ReferenceTile:
    return reference_residual.ReferenceTile(tensors, np.zeros((3, 1, 1), np.int32), 3, top)


@pytest.mark.parametrize("channel", [0, 1, 2])
@pytest.mark.parametrize("spread", [10, 300, 2000])
def test_the_network_is_the_one_of_python_integers(channel: int, spread: int) -> None:
    tensors = residual_models.random_tensors(channel, spread)
    model, rng = ResidualModel.from_tensors(tensors), np.random.default_rng(channel)
    x = extremes(rng, features.LIMIT, (model.channels[channel].w1.shape[1], LANES))
    out = evaluated(model, channel, x)
    expected = [reference(tensors, 255).network(channel, x[:, lane].tolist()) for lane in range(LANES)]
    assert out.T.tolist() == expected


def test_weights_at_the_edge_of_the_proof_give_what_python_integers_give() -> None:
    tensors = residual_models.random_tensors(3, 0)
    for name, limit in (("w1", features.LIMIT), ("w2", network.HIDDEN_LIMIT), ("w3", 2 * network.HIDDEN_LIMIT)):
        weights = tensors[f"0.{name}"]
        largest = min(((1 << 31) - 5000) // (limit * weights.shape[1]), network.WEIGHT_LIMIT)
        tensors[f"0.{name}"] = extremes(np.random.default_rng(1), largest, weights.shape)
    model = ResidualModel.from_tensors(tensors)
    x = extremes(np.random.default_rng(2), features.LIMIT, (model.channels[0].w1.shape[1], LANES))
    x[:, 0] = np.where(tensors["0.w1"][0] < 0, -features.LIMIT, features.LIMIT)
    expected = [reference(tensors, 255).network(0, x[:, lane].tolist()) for lane in range(LANES)]
    assert evaluated(model, 0, x).T.tolist() == expected


@settings(max_examples=60, deadline=None)
@given(st.integers(0, 2**32 - 1), st.sampled_from([0, 1, 2, 28, 31, 32, 85, 255]), st.sampled_from([0, 1, 2]))
def test_rows_are_tables_and_those_of_python_integers(seed: int, top: int, channel: int) -> None:
    tensors, rng = residual_models.random_tensors(channel), np.random.default_rng(seed)
    model = ResidualModel.from_tensors(tensors)
    out = extremes(rng, int(rng.choice([50, 1000, mixture.OUTPUT_LIMIT])), (3 * mixture.COMPONENTS, LANES))
    centre = rng.integers(0, 16 * top + 1, LANES).astype(np.int32)
    scale = rng.choice([features.FLOOR, 17, 400, features.MAX_SCALE], LANES).astype(np.int32)
    rows, start, bits = tabulated(model, channel, out, centre, scale, top)
    assert (rows >= 1).all()
    assert (rows.sum(1) == 1 << mixture.TOTAL_BITS).all()
    assert ((start >= 0) & (start <= top)).all()
    for lane in range(LANES):
        places = out[:, lane].tolist(), int(centre[lane]), int(scale[lane])
        row, first, b = reference(tensors, top).row(channel, *places)
        assert (rows[lane].tolist(), int(start[lane]), int(bits[lane])) == (row, first, b)


@pytest.mark.parametrize("top", [0, 1, 28, 85, 255])
def test_nothing_likely_is_left_outside_the_samples_that_exist(top: int) -> None:
    rng = np.random.default_rng(top)
    model = residual_models.random_model(1)
    out = extremes(rng, 800, (3 * mixture.COMPONENTS, LANES))
    centre = rng.integers(0, 16 * top + 1, LANES).astype(np.int32)
    rows, start, bits = tabulated(model, 0, out, centre, np.full(LANES, 40, np.int32), top)
    for row, first, b in zip(rows.tolist(), start.tolist(), bits.tolist(), strict=True):
        for column in range(mixture.COLUMNS):
            lowest = first + ((column - 1) << b) if column else first - 1
            if lowest < 0 or lowest > top:
                assert row[column] <= 1


@settings(max_examples=80, deadline=None)
@given(st.integers(0, 255), st.integers(0, 255), st.integers(0, 3))
def test_every_value_has_a_column_and_comes_back_from_it(value: int, first: int, bits: int) -> None:
    values, starts, widths = (np.array([v], np.int32) for v in (value, first, bits))
    columns, back = np.zeros(1, np.int32), np.zeros(1, np.int32)
    mixture.to_columns(values, starts, widths, columns)
    left = mixture.from_columns(columns, starts, widths, back)
    assert 0 <= columns[0] < mixture.COLUMNS
    if value < first:
        assert (columns[0], left) == (0, mixture.ESCAPED)
    elif value >= first + (mixture.BINS << bits):
        assert (columns[0], left) == (mixture.BINS + 1, mixture.ESCAPED)
    else:
        assert 0 <= value - back[0] < 1 << bits
        assert left == (mixture.REFINED if bits else 0)


def test_activation_bends_and_stops() -> None:
    x = np.array([[-40000, -32760, -9, -8, -1, 0, 1, 4095, 4096, 40000]], np.int32)
    network.activate(x, 0, x.shape[1])
    assert x.tolist() == [[-4095, -4095, -2, -1, -1, 0, 1, 4095, 4095, 4095]]

"""What a tile's coding of one channel learns, and what it works on: arrays in named tuples, as kernels take them."""

from typing import Final, NamedTuple

import numpy as np
from numpy.typing import NDArray

from hybridcodec.machine import recursion
from hybridcodec.machine.elimination import VECTOR
from hybridcodec.machine.lanes import LINE, apart
from hybridcodec.machine.pairs import round_up
from hybridcodec.residual.least_squares import Expert
from hybridcodec.residual.wide import experts, tables
from hybridcodec.residual.wide.planes import PAD, RING, skewed

FRACTION: Final = 64
"""Predictions, errors and scales are in 1 / FRACTION of a value."""
CONTEXTS: Final = 6
"""Adaptive counters that are asked for each decision."""
ROWS: Final = 981
"""Rows of counters: the contexts of each of the six in their own part."""
CALM_AT: Final = 4
"""Which of the six also chooses weights: by equal neighbours and trend of errors."""
CALM: Final = 717
"""Its first row."""
CALMS: Final = 72
"""Its rows."""
NODES: Final = 160
"""Decisions that are told apart: a tree of TREE levels, then by depth."""
SPREADS: Final = 24
"""Classes of the local scale."""
DEPTHS: Final = 8
"""Depths of a decision that the second set of weights tells apart."""
FLATS: Final = 8
"""Classes of how many neighbours are the same."""
KNOTS: Final = 33
"""Knots of the last stage's curves, over -8 to 8."""
GROUP: Final = 8
"""Inputs are summed up in so many strands; their number is a multiple of it."""
ABOVE, BELOW, LOW, HERE, HIGH, INPUTS, CENTRE, INVERSE, SHARE, RATIO, STRANDS, ROOM = range(12)
"""Rows of the working memory: mass that answers yes, and no; what each logistic says of values below the least one
possible, the one asked for, and the first that is not possible; inputs; centres and one over scales of logistics;
shares of experts; yes over no; partial sums; how many rows there are."""

F64 = NDArray[np.float64]
I32 = NDArray[np.int32]


class Lanes(NamedTuple):
    """Values of the current step per lane; of K experts and their blend.

    Attributes:
        centres: (K + 1, lanes) in values.
        inverses: (K + 1, lanes) one over the scale.
        shares: (K + 1, lanes) of the experts in the blend; the last their sum.
        predictions: (K + 1, lanes) int32, in 1 / FRACTION; the last is the blend's.
        sums: (lanes,) of errors, working memory.
        scales: (lanes,) of the blend.
        factors: (lanes,) of a place in the least squares.
    """

    centres: F64
    inverses: F64
    shares: F64
    predictions: I32
    sums: I32
    scales: F64
    factors: F64


class Desk(NamedTuple):
    """What questions about a sample are answered with.

    Attributes:
        room: (ROOM, inputs) working memory; see the names of its rows.
        bits: the row RATIO of it, as integers.
        rows: (CONTEXTS,) rows of the counters that are asked.
        counters: (ROWS, NODES, 2) chances of a 1, and how often each was seen.
        weights: (NODES + SPREADS * DEPTHS + CALMS, inputs): by question, by scale and depth, by calm.
        curves: (NODES * FLATS, KNOTS) chances of a 1.
        tables: see `tables`.
        occurring: (largest code + 2,): how many codes below each one occur.
        logistics: how many there are.
    """

    room: F64
    bits: NDArray[np.int64]
    rows: I32
    counters: F64
    weights: F64
    curves: F64
    tables: F64
    occurring: I32
    logistics: int


class Channel(NamedTuple):
    """One channel of a tile while it is coded.

    Attributes:
        samples: (P, steps, lanes) skewed planes; plane 0 is coded.
        errors: (K + 1, RING, lanes) of the latest steps, of experts and blend, in 1 / FRACTION.
        experts: the least-squares ones.
        lanes: see there.
        desk: see there.
        sums: working memory of the least squares, for the largest expert.
        slow: (W,) running mean of the blend's error in each column.
        values: codes that occur, rising.
        height: of the tile.
        width: of the tile.
    """

    samples: I32
    errors: I32
    experts: tuple[Expert, ...]
    lanes: Lanes
    desk: Desk
    sums: recursion.Room
    slow: F64
    values: I32
    height: int
    width: int


def make_channel(planes: I32, occurring: I32, start: int, table: F64) -> Channel:
    """Return a channel before its first sample.

    Args:
        planes: (P, H, W), the first of them the one to be coded.
        occurring: see `Desk`.
        start: what stands above the tile.
        table: see `tables`.
    """
    P, height, width = planes.shape
    lanes = round_up(height + 2 * PAD + VECTOR, LINE)
    samples = skewed(planes, lanes)
    samples[0] = start
    made = experts.make(P - 1, lanes)
    return Channel(
        samples,
        apart(np.zeros((len(made) + 2, RING, lanes), np.int32)),
        made,
        _lanes(len(made) + 1, lanes),
        _desk(len(made) + 1, occurring, table),
        recursion.room_for(experts.entries(P - 1)),
        apart(np.full(width, 4.0)),
        np.flatnonzero(np.diff(occurring)).astype(np.int32),
        height,
        width,
    )


def _lanes(count: int, lanes: int) -> Lanes:
    return Lanes(
        apart(np.zeros((count + 1, lanes))),
        apart(np.ones((count + 1, lanes))),
        apart(np.zeros((count + 1, lanes))),
        apart(np.zeros((count + 1, lanes), np.int32)),
        apart(np.zeros(lanes, np.int32)),
        apart(np.ones(lanes)),
        apart(np.ones(lanes)),
    )


def _desk(experts: int, occurring: I32, table: F64) -> Desk:
    inputs = -(-(experts + 3 + CONTEXTS) // GROUP) * GROUP
    weights = np.zeros(inputs)
    weights[:experts] = 0.3 / experts
    weights[experts : experts + 2] = 0.2, 0.3
    weights[experts + 2 : experts + 2 + CONTEXTS] = 0.06
    places = (np.arange(KNOTS) - KNOTS // 2) * (tables.STEPS // 2) + tables.REACH * tables.STEPS
    counters = np.zeros((ROWS, NODES, 2))
    counters[:, :, 0] = 0.5
    room = apart(np.zeros((ROOM, inputs)))
    return Desk(
        room,
        room[RATIO].view(np.int64),
        apart(np.zeros(CONTEXTS, np.int32)),
        counters,
        np.tile(weights, (NODES + SPREADS * DEPTHS + CALMS, 1)),
        np.tile(table[places], (FLATS * NODES, 1)),
        table,
        occurring,
        experts + 1,
    )

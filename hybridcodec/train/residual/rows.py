"""Rows: all that the network is given and asked of each place of a tile, by the kernels that code.

The tile is walked as `residual.adaptive.steps.advance` walks it, but no network forecasts, and nothing is coded or
learned.
"""

from __future__ import annotations

from typing import Final

import numpy as np
from numpy.typing import NDArray

from hybridcodec.machine.kernels import kernel
from hybridcodec.residual.adaptive import experts, wavefront
from hybridcodec.residual.adaptive.features import count_features
from hybridcodec.residual.adaptive.model import AdaptiveModel
from hybridcodec.residual.adaptive.planes import to_planes
from hybridcodec.residual.adaptive.state import ChannelState, Tile, Working
from hybridcodec.residual.adaptive.steps import describe, settle
from hybridcodec.residual.adaptive.wavefront import LEAD, PAD, Span, whole
from hybridcodec.train.residual.examples import Example

CHANNELS: Final = 3
PLACE: Final = 4
"""Columns after those of the features: sample, centre and scale in 1/16, largest value; all 0 where none is coded."""

I16 = NDArray[np.int16]
I32 = NDArray[np.int32]


def count_columns(count: int) -> int:
    """Return the features of a row with so many experts: those of the last channel; others end in zeros."""
    return count_features(CHANNELS - 1, count)


def rows_of(example: Example, model: AdaptiveModel) -> I16:
    """Return (H W, 3, features and place) of all places in coding order.

    Args:
        example: samples and base picture.
        model: whose experts predict; its networks are not looked at.
    """
    values, below = (to_planes(v) for v in example.values)
    channels = example.samples.shape[2]
    tile = Tile(model, below, values, channels, example.quantiser.top)
    rows = np.zeros((tile.height * tile.width, CHANNELS, count_columns(model.experts) + PLACE), np.int16)
    note_rows(tile.working, tile.known, tile.steps().stop, rows)
    return rows


@kernel(nogil=True)
def note_rows(working: Working, known: I32, end: int, rows: I16) -> None:
    """Take the steps of a tile up to `end`, its samples `known`, (3, steps, lanes); write what is seen to `rows`."""
    shared, states, at = working.shared, working.states, 0
    for t in range(LEAD, end):
        low, high = wavefront.active(t - LEAD, shared.height, shared.width)
        span = Span(t, low + PAD, high + PAD)
        first, after = whole(span)
        experts.stand_plain(shared.samples, t, first, after, shared.plain)
        wavefront.move_on(shared.errors, t)
        for c in range(shared.channels):
            state, samples, given = states[c], shared.samples[c, t], known[c, t]
            describe(shared, state, span)
            for q in range(span.low, span.high):
                samples[q] = given[q]
            _note(state, given, shared.scales[c], shared.top, span, rows[at:, c])
            settle(shared, state, span)
        at += max(high - low, 0)


@kernel(nogil=True)
def _note(state: ChannelState, samples: I32, scale: I32, top: int, span: Span, rows: I16) -> None:
    """Write the lanes of `span` of a channel to rows (n, columns)."""
    features, centre, last = state.lanes.features, state.lanes.window[0], rows.shape[1] - PLACE
    for q in range(span.low, span.high):
        row = rows[q - span.low]
        for f in range(features.shape[0]):
            row[f] = features[f, q]
        row[last], row[last + 1], row[last + 2], row[last + 3] = samples[q], centre[q], scale[q], top

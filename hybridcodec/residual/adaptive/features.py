"""What the network sees of a sub-pixel's surroundings, in integers.

Everything is centred on the blend of the least-squares predictions and divided by the local error, so that one small
network serves smooth skies and rough grass alike. Where `least_squares` predicts values, this describes the place.

Fixed point: samples and predictions here are in 1/16 of a sample step; features are in 1/128, within [-1023, 1023].
"""

from typing import Final, NamedTuple

import numpy as np
from numpy.typing import NDArray

from hybridcodec.machine.kernels import kernel
from hybridcodec.machine.neighbours import RECIPROCAL_BITS, add_magnitudes, add_up, divide, divide_beside, divide_both
from hybridcodec.residual.adaptive.wavefront import PAD, Span, recent, whole
from hybridcodec.residual.least_squares import LAG

FRACTION: Final = 16
"""Predictions are integers in units of 1 / FRACTION of a sample step."""
UNIT: Final = 128
"""One in features."""
LIMIT: Final = 8 * UNIT - 1
FLOOR: Final = 10
"""Smallest local scale, in 1/16: about 0.6 of a sample step."""
MAX_SCALE: Final = 8191

NEAR: Final = np.array(
    [(0, -1), (-1, 0), (-1, -1), (-1, 1), (0, -2), (-2, 0), (-1, 2), (-1, -2), (-2, 1), (-2, -1)], np.int32
)
"""Causal neighbours (dy, dx) whose samples are features; the first six also give their errors."""
ERRORS: Final = 6
SIXTH: Final = 43
"""1 / ERRORS in 1/256, rounded: a sum of errors times this is their mean."""
ERROR_WEIGHTS: Final = np.array([16, 16, 10, 10, 6, 6], np.int32)  # sum 64
AROUND: Final = np.array([(0, 0), (-1, 0), (0, -1), (0, 1), (1, 0), (-1, -1), (-1, 1), (1, -1), (1, 1)], np.int32)
"""Places of the base picture, known on all sides."""
ALIKE: Final = np.ones(ERRORS, np.int32)
HERE: Final = np.array([(0, 0)], np.int32)
CROSS: Final = 4
"""Errors that each other channel shows."""

I32 = NDArray[np.int32]


class View(NamedTuple):
    """What a channel's features are made of, at one step.

    Attributes:
        samples: (6, steps, lanes) skewed: the three channels in coding order, then the base picture's.
        errors: (E + 1 or more, 3, rows, lanes) skewed, of the latest steps, of the experts; of the blend at E.
        experts: (E, lanes) predictions.
        centre: (lanes,) of this channel.
        scales: (3, lanes); those of channels up to this one are of this place, the others of the place before.
        reciprocals: table over the scale.
        logs: table over the scale.
        top: largest sample value.
    """

    samples: I32
    errors: I32
    experts: I32
    centre: I32
    scales: I32
    reciprocals: I32
    logs: I32
    top: int


def count_features(channel: int, experts: int) -> int:
    """Features of a channel (0, 1, 2 in coding order) with so many least-squares experts."""
    return len(NEAR) + 2 * ERRORS + 1 + 3 * experts + len(AROUND) + 2 * CROSS + 4 * channel + 1


def reciprocal_table() -> I32:
    """(MAX_SCALE + 1,) UNIT * 2 ** RECIPROCAL_BITS / s, rounded; entry 0 is never used."""
    s = np.maximum(np.arange(MAX_SCALE + 1, dtype=np.int64), 1)
    return (((UNIT << RECIPROCAL_BITS) + s // 2) // s).astype(np.int32)


@kernel(nogil=True)
def _ratio(difference: int, reciprocal: int) -> int:
    """Return a quotient within the limit. Products stay below 2^31: 13 bits times 16, as scales are FLOOR or more."""
    product = np.int32(np.int32(difference) * reciprocal)
    ratio = np.int32(np.int32(product + np.int32(1 << (RECIPROCAL_BITS - 1))) >> RECIPROCAL_BITS)
    return min(max(ratio, np.int32(-LIMIT)), np.int32(LIMIT))  # type: ignore[return-value]


@kernel(allocates=True, nogil=True, error_model="numpy")
def describe(  # noqa: C901 - one list, in the order that the format fixes
    view: View, channel: int, span: Span, out: I32
) -> None:
    """Write the features of `channel`, in coding order, to `out` (F, lanes) for the whole vectors that hold `span`."""
    samples, errors, experts, centre, scales = view.samples, view.errors, view.experts, view.centre, view.scales
    reciprocals, t, (low, high) = view.reciprocals, span.t, whole(span)
    count = experts.shape[0]
    here, r, f = scales[channel], np.empty(high + PAD, np.int32), 0
    row = recent(t)
    place, late = (t, LAG, low, high), (row, LAG, low, high)
    for q in range(low, high):
        r[q] = reciprocals[here[q]]
    divide_beside(samples[channel], NEAR, (FRACTION, centre), r, LIMIT, place, out)
    f += NEAR.shape[0]
    divide_both(errors[count, channel], NEAR[:ERRORS], r, LIMIT, late, out[f:])
    f += 2 * ERRORS
    for q in range(low, high):
        out[f, q] = view.logs[here[q]]
    f += 1
    for e in range(count):
        _describe_expert(errors[e, channel], experts[e], Span(row, low, high), centre, here, r, out[f : f + 3])
        f += 3
    divide_beside(samples[3 + channel], AROUND, (FRACTION, centre), r, LIMIT, place, out[f:])
    f += AROUND.shape[0]
    other = np.empty(high + PAD, np.int32)
    for d in range(3):
        if d != channel:
            for q in range(low, high):
                other[q] = reciprocals[scales[d, q]]
            divide(errors[count, d], NEAR[:CROSS], other, LIMIT, late, out[f:])
            f += CROSS
    for d in range(channel):
        for q in range(low, high):
            other[q] = reciprocals[scales[d, q]]
        divide_both(errors[count, d], HERE, other, LIMIT, late, out[f:])
        divide(errors[count, d], HERE, r, LIMIT, late, out[f + 2 :])
        sample, below, delta = samples[d, t, low:high], samples[3 + d, t, low:high], out[f + 3, low:high]
        for q in range(high - low):
            delta[q] = _ratio((sample[q] - below[q]) * FRACTION, r[low + q])
        f += 4
    scale = np.float64(max(view.top * FRACTION, 1))
    for q in range(low, high):  # the floor of a quotient of so small integers is exact
        out[f, q] = np.int32(np.floor(np.float64(2 * centre[q] * UNIT) / scale)) - UNIT


@kernel(nogil=True)
def _describe_expert(
    errors: I32, prediction: I32, span: Span, centre: I32, scale: I32, reciprocals: I32, out: I32
) -> None:
    """Three features: where an expert's prediction lies, how wrong it was around here, and to which side."""
    t, low, high = span.t, span.low, span.high
    p, c, s, r = prediction[low:high], centre[low:high], scale[low:high], reciprocals[low:high]
    place, total, signed = out[0, low:high], out[1, low:high], out[2, low:high]
    add_magnitudes(errors, NEAR[:ERRORS], ALIKE, (t, LAG, low, high), out[1])
    add_up(errors, NEAR[:CROSS], (t, LAG, low, high), out[2])
    for q in range(high - low):
        place[q] = _ratio(p[q] - c[q], r[q])
    for q in range(high - low):
        total[q] = _ratio((total[q] * SIXTH >> 8) - s[q], r[q])
    for q in range(high - low):
        signed[q] = _ratio(signed[q] >> 2, r[q])

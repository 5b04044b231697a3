"""Least squares of reliable samples: the experts of a channel, and their blend by the same means.

As `residual.least_squares`, whose geometry and recursion this has, but in float32, and a sample whose surroundings were
foretold badly by that expert, or which was itself, counts less: with s the expert's errors around it and e its own, by
(2 / (s + e))^2. The blend is an expert whose regressors are the others' predictions; what it predicts is the centre.

Every operation is rounded by itself, lane by lane, in the order written: all machines agree.
"""

from typing import Any, Final, NamedTuple

import numpy as np
from numpy.typing import NDArray

from hybridcodec.machine import elimination, recursion
from hybridcodec.machine.elimination import VECTOR
from hybridcodec.machine.kernels import kernel
from hybridcodec.machine.lanewise import floor, lanewise, real, where
from hybridcodec.machine.lanewise import whole as whole_of
from hybridcodec.machine.neighbours import add_magnitudes
from hybridcodec.machine.outer import add_weighted
from hybridcodec.residual.adaptive.features import ERROR_WEIGHTS, ERRORS, FRACTION, NEAR
from hybridcodec.residual.adaptive.wavefront import Span, whole
from hybridcodec.residual.least_squares import LAG, PAD

PIVOT_SHARE: Final = np.float32(2.0**-20)
"""Least pivot in shares of its diagonal: less is rounding alone."""
RELIABLE: Final = np.float32(2048)
"""Numerator of weights: errors are summed up in 1/1024 of a sample step."""
OWN_UNIT: Final = 64
"""In what a sample's own error is weighed, of 1/16 each: 1024 in all."""
_ZERO, _HALF = np.float32(0), np.float32(0.5)
_SIXTEENTH: Final = np.float32(1 / FRACTION)
_FRACTION: Final = np.float32(FRACTION)

F32 = NDArray[np.float32]
I32 = NDArray[np.int32]


class Expert(NamedTuple):
    """A predictor of one channel; n regressors. There are VECTOR lanes more than are ever coded, as vectors are whole.

    Attributes:
        context: (n, 3): plane, dy, dx of each regressor; of the blend, n rows of nothing.
        forget: weight per step of distance.
        ridge: added to the diagonal, and the least pivot.
        floor: error beside those around, in 1/1024.
        own: weight of a sample's own error, in 1 / OWN_UNIT.
        sums: of `least_squares.shape_of_sums`, zero at first.
        history: (LAG, n + 1, lanes) regressors and targets of the chunk that was coded, zero where there were none.
        weights: (n, lanes).
    """

    context: I32
    forget: np.float32
    ridge: np.float32
    floor: int
    own: int
    sums: F32
    history: F32
    weights: F32


@kernel(nogil=True, error_model="numpy")
def solve(expert: Expert, first: int, low: int, high: int, room: recursion.Room) -> None:
    """Take a chunk that was coded into the sums, and solve for the weights of the one that begins.

    As `least_squares.solve`: lanes from `first` on were coded, and [low, high) begin.
    """
    n, history, sums = expert.context.shape[0], expert.history, expert.sums
    begin = PAD + (first - PAD) // VECTOR * VECTOR
    end = begin + (high - begin + VECTOR - 1) // VECTOR * VECTOR
    room.seam[: sums.shape[1]] = 0
    for lane in range(begin, end, VECTOR):
        recursion.accumulate(history, sums[(lane - PAD) // VECTOR], room, n, lane, expert.forget)
        if lane + VECTOR > low:
            elimination.solve(room.sums, 0, n, expert.weights, lane, (expert.ridge, expert.ridge, PIVOT_SHARE))
    history[:, :, begin:end] = 0


@kernel(nogil=True)
def stand_plain(samples: I32, t: int, begin: int, end: int, plain: I32) -> None:
    """Write west + north of every plane, twice the plain prediction, to plain (planes, lanes)."""
    for p in range(samples.shape[0]):
        west, north, out = samples[p, t - 1, begin:end], samples[p, t - LAG, begin - 1 : end - 1], plain[p, begin:end]
        for q in range(end - begin):
            out[q] = west[q] + north[q]


@kernel(nogil=True, error_model="numpy")
def gather(samples: I32, plain: I32, t: int, begin: int, end: int, context: I32, v: F32) -> None:
    """Fill v (n or more, lanes) with the regressors, each relative to the plain prediction of its own plane."""
    for i in range(context.shape[0]):
        plane, dy, dx = context[i, 0], context[i, 1], context[i, 2]
        here = samples[plane, t + dx + LAG * dy, begin + dy : end + dy]
        _relate(0, end - begin, (here, plain[plane, begin:end]), (v[i, begin:end],))


@lanewise
def _relate(sample: Any, twice: Any) -> Any:
    """A sample relative to half of twice the plain prediction."""
    return (real(sample * 2 - twice) * _HALF,)


@kernel(nogil=True, error_model="numpy")
def gather_predictions(predictions: I32, plain: I32, begin: int, end: int, v: F32) -> None:
    """The same of the blend: what the experts predict (n, lanes), relative to the plain prediction of the channel."""
    for i in range(predictions.shape[0]):
        _relate_prediction(begin, end, (predictions[i], plain), (v[i],))


@lanewise
def _relate_prediction(prediction: Any, twice: Any) -> Any:
    """The same of what is predicted."""
    return (real(prediction - twice * (FRACTION // 2)) * _SIXTEENTH,)


@kernel(nogil=True, error_model="numpy")
def predict(plain: I32, v: F32, weights: F32, begin: int, end: int, most: int, value: F32, out: I32) -> None:
    """Write predictions in 1/16, from 0 to `most`, to out (lanes,); `value` (lanes,) is working memory."""
    _halve(begin, end, (plain,), (value,))
    add_weighted(weights, v, begin, end, value)
    _round(begin, end, (value, np.float32(most)), (out,))


@lanewise
def _halve(twice: Any) -> Any:
    return (real(twice) * _HALF,)


@lanewise
def _round(value: Any, most: Any) -> Any:
    """A prediction in 1/16; of no number, 0."""
    rounded = floor(value * _FRACTION + _HALF)
    rounded = where(rounded > _ZERO, rounded, _ZERO)
    return (whole_of(where(rounded < most, rounded, most)),)


@kernel(nogil=True)
def sum_errors(errors: I32, t: int, begin: int, end: int, out: I32) -> None:
    """Write the weighted magnitudes of the errors around, 64 times their mean, to out (lanes,)."""
    add_magnitudes(errors, NEAR[:ERRORS], ERROR_WEIGHTS, (t, LAG, begin, end), out)


@kernel(nogil=True, error_model="numpy")
def judge(expert: Expert, around: I32, errors: I32, span: Span, out: F32) -> None:
    """Write by what samples are multiplied before they count, to out (lanes,): 2 / (s + e); 0 beside the span.

    Args:
        expert: whose errors these are.
        around: (lanes,) from `sum_errors`.
        errors: (lanes,) in 1/16.
        span: the lanes that were coded.
        out: whole vectors of lanes are written.
    """
    begin, end = whole(span)
    floor, own = np.int32(expert.floor), np.int32(expert.own)
    near, error, factor = around[begin:end], errors[begin:end], out[begin:end]
    for q in range(end - begin):
        factor[q] = RELIABLE / np.float32(near[q] + floor + own * abs(error[q]))
    out[begin : span.low] = 0
    out[span.high : end] = 0


@kernel(nogil=True)
def admit(rows: F32, plain: I32, samples: I32, factor: F32, begin: int, end: int) -> None:
    """Let known samples into rows (n + 1, lanes) of the history, which hold their regressors; see `judge`."""
    n = rows.shape[0] - 1
    target, twice, sample, by = rows[n, begin:end], plain[begin:end], samples[begin:end], factor[begin:end]
    for q in range(end - begin):
        target[q] = np.float32(2 * sample[q] - twice[q]) * _HALF
    for i in range(n + 1):
        row = rows[i, begin:end]
        for q in range(end - begin):
            row[q] = row[q] * by[q]

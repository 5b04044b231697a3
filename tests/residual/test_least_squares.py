"""The recursion against the definition: normal equations summed anew at every position."""

import hashlib

import numpy as np
import pytest
import residual_models
from numpy.typing import NDArray

from hybridcodec.machine.elimination import RIDGE, VECTOR
from hybridcodec.machine.pairs import round_up
from hybridcodec.machine.recursion import room_for
from hybridcodec.residual import least_squares
from hybridcodec.residual.adaptive import wavefront
from hybridcodec.residual.adaptive.wavefront import LEAD, PAD
from hybridcodec.residual.least_squares import LAG, REACH, SOLVE_EVERY

F64 = NDArray[np.float64]
FRACTION, TOP = 16, 255


class Plane:
    """One plane of samples, (H, W), with what stands outside of it: the nearest place."""

    def __init__(self, samples: F64) -> None:
        self.samples, (self.height, self.width) = samples, samples.shape

    def sample(self, y: int, x: int) -> float:
        return float(self.samples[min(max(y, 0), self.height - 1), min(max(x, 0), self.width - 1)])


def inputs(plane: Plane, context: list[list[int]]) -> tuple[F64, F64, F64]:
    """Regressors (H, W, n), plain predictions (H, W) and targets (H, W) of every position."""
    H, W = plane.height, plane.width
    v, start, target = np.zeros((H, W, len(context))), np.zeros((H, W)), np.zeros((H, W))
    for y in range(H):
        for x in range(W):
            start[y, x] = (plane.sample(y, x - 1) + plane.sample(y - 1, x)) / 2
            v[y, x] = [plane.sample(y + dy, x + dx) - start[y, x] for _, dy, dx in context]
            target[y, x] = plane.sample(y, x) - start[y, x]
    return v, start, target


def weights(v: F64, target: F64, y: int, x: int, forget: float) -> F64:
    """Solve the weighted normal equations over all that counts where a chunk begins: (n,)."""
    n = v.shape[2]
    matrix, right = RIDGE * np.eye(n), np.zeros(n)
    for above in range(y + 1):
        for column in range(min(x + SOLVE_EVERY * min(above, REACH), v.shape[1])):
            weight = forget ** (abs(column - x) + above)
            row = v[y - above, column]
            matrix += weight * np.outer(row, row)
            right += weight * row * target[y - above, column]
    return np.linalg.solve(matrix, right)


def definition(v: F64, start: F64, target: F64, forget: float) -> F64:
    """Predictions of all positions in 1 / FRACTION, not yet rounded: (H, W)."""
    H, W = start.shape
    out = np.zeros((H, W))
    for y in range(H):
        for x in range(W):
            if x % SOLVE_EVERY == 0:
                found = weights(v, target, y, x, forget)
            out[y, x] = min(max(FRACTION * (start[y, x] + v[y, x] @ found), 0), FRACTION * TOP)
    return out


def recursion(plane: Plane, context: list[list[int]], forget: float) -> F64:
    """What the compiled recursion predicts, in 1 / FRACTION, not yet rounded: (H, W)."""
    H, W = plane.height, plane.width
    lanes, n = round_up(H + 2 * PAD + VECTOR, VECTOR), len(context)
    skewed, regressors = np.zeros((1, wavefront.steps(H, W) + 2 * LEAD, lanes), np.int32), np.array(context, np.int32)
    wavefront.skew(plane.samples[None].astype(np.int32), skewed)
    sums = np.zeros(least_squares.shape_of_sums(regressors, lanes))
    history, found = np.zeros((SOLVE_EVERY, n + 1, lanes)), np.zeros((H, W))
    expert = least_squares.Expert(regressors, forget, sums, history, np.zeros((n + 1, lanes)))
    room, start = room_for(sums.shape[1]), np.zeros(lanes)
    for step in range(wavefront.steps(H, W)):
        low, high = (lane + PAD for lane in wavefront.active(step, H, W))
        v = history[step % SOLVE_EVERY]
        if step % SOLVE_EVERY == 0:
            least_squares.solve(expert, wavefront.active(step - SOLVE_EVERY, H, W)[0] + PAD, low, high, room)
        least_squares.gather_regressors(skewed, step + LEAD, low, high, regressors, 0, v, start)
        for lane in range(low, high):
            y = lane - PAD
            x = step - LAG * y
            value = start[lane] + v[:n, lane] @ expert.weights[:n, lane]
            found[y, x] = min(max(FRACTION * value, 0), FRACTION * TOP)
            v[n, lane] = plane.samples[y, x] - start[lane]
    return found


NEAR = [[0, 0, -1], [0, -1, 0], [0, -1, -1], [0, -1, 1], [0, 0, -2], [0, -2, 0], [0, -1, 2]]


@pytest.mark.parametrize("forget", [0.7, 0.92])
@pytest.mark.parametrize(("height", "width"), [(12, 15), (9, 3), (3, 30), (14, 1), (5, 2)])
def test_predictions_are_those_of_the_definition(height: int, width: int, forget: float) -> None:
    plane = Plane(residual_models.pair(height, width, 1, 4)[0][..., 0].astype(float))
    expected = definition(*inputs(plane, NEAR), forget)
    assert np.abs(recursion(plane, NEAR, forget) - expected).max() < 1e-3


def test_the_definition_predicts_well_where_the_picture_is_smooth() -> None:
    samples = residual_models.pair(12, 40, 1, 4)[0][..., 0].astype(float)
    found = recursion(Plane(samples), NEAR, 0.92)
    assert np.abs(found[4:6, 10:20] / FRACTION - samples[4:6, 10:20]).mean() < 8


def _halves(count: int, state: int) -> tuple[np.ndarray, int]:
    """Return (count,) multiples of 1/2 within 128, of a generator that is written out, and its next state."""
    found = np.empty(count)
    for k in range(count):
        state = (state * 6364136223846793005 + 1442695040888963407) & (1 << 64) - 1
        found[k] = ((state >> 40) % 511 - 255) * 0.5
    return found, state


@pytest.mark.parametrize(
    ("regressors", "expected"),
    [
        (3, "b086f73f6bf58a31fe05e67dfe10b8547a11898cd82eb951f430767f7a0c5889"),
        (17, "6e5215f6575e89700c103a715d5b808516e4390ed4520fa70390698c895b4b12"),
    ],
)
def test_every_bit_of_sums_and_weights_is_what_it_always_was(regressors: int, expected: str) -> None:
    """Predictions are rounded, and hide most differences: of a fused multiply-add, or of another order of sums."""
    lanes, low, high, n = 64, 4, 36, regressors
    sums = np.zeros(least_squares.shape_of_sums(np.zeros((n, 3), np.int32), lanes))
    room, weights = room_for(sums.shape[1]), np.zeros((n + 1, lanes))
    context = np.zeros((n, 3), np.int32)
    digest, state = hashlib.sha256(), 1
    for _ in range(12):
        history = np.zeros((least_squares.SOLVE_EVERY, n + 1, lanes))
        values, state = _halves(history[:, :, low:high].size, state)
        history[:, :, low:high] = values.reshape(-1, n + 1, high - low)
        expert = least_squares.Expert(context, 0.8, sums, history, weights)
        least_squares.solve(expert, low, low, high, room)
        by_lane = np.moveaxis(sums, 0, 2).reshape(sums.shape[1], least_squares.SLOTS, -1).astype("<f8")
        digest.update(weights[:n, low:high].astype("<f8").tobytes() + by_lane[:, :, low - PAD : high - PAD].tobytes())
    assert digest.hexdigest() == expected

"""The recursion against the definition: normal equations summed anew at every position."""

import hashlib

import numpy as np
import pytest
import reference_residual
import residual_models
from numpy.typing import NDArray

from hybridcodec.machine.elimination import RIDGE
from hybridcodec.machine.recursion import ROOM
from hybridcodec.residual import least_squares
from hybridcodec.residual.least_squares import FRACTION, REACH, SOLVE_EVERY
from hybridcodec.residual.regression.planes import to_planes
from hybridcodec.residual.regression.state import Tile
from hybridcodec.residual.regression.tile import walk
from hybridcodec.residual.regression.wavefront import LEAD, PAD

F64 = NDArray[np.float64]
TOP = 255


def inputs(tile: reference_residual.ReferenceTile, context: list[list[int]], channel: int) -> tuple[F64, F64, F64]:
    """Regressors (H, W, n), plain predictions (H, W) and targets (H, W) of every position."""
    H, W = tile.height, tile.width
    v, start, target = np.zeros((H, W, len(context))), np.zeros((H, W)), np.zeros((H, W))
    for y in range(H):
        for x in range(W):

            def plain(plane: int, y: int = y, x: int = x) -> float:
                return (tile.sample(plane, y, x - 1) + tile.sample(plane, y - 1, x)) / 2

            v[y, x] = [tile.sample(p, y + dy, x + dx) - plain(p) for p, dy, dx in context]
            start[y, x] = plain(channel)
            target[y, x] = tile.sample(channel, y, x) - start[y, x]
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


def recursion(height: int, width: int, channels: int) -> tuple[reference_residual.ReferenceTile, F64]:
    """A tile whose samples are known, and what its recursion predicts: (channels, experts, H, W)."""
    tensors, model = residual_models.shipped_tensors(), residual_models.shipped_model()
    samples, base = (to_planes(array) for array in residual_models.pair(height, width, channels, 4))
    reference = reference_residual.ReferenceTile(tensors, base, channels, TOP)
    reference.samples = {place: int(samples[place]) for place in np.ndindex(channels, height, width)}
    found = np.zeros((channels, model.experts, height, width))
    for t, state, low, high in walk(Tile(model, base, samples, channels, TOP)):
        for lane in range(low, high):
            y = lane - PAD
            found[state.number, :, y, t - LEAD - 3 * y] = state.lanes.experts[:, lane]
    return reference, found


@pytest.mark.parametrize(("height", "width", "channels"), [(12, 15, 3), (9, 3, 3), (3, 30, 1), (14, 1, 3), (5, 2, 1)])
def test_predictions_are_those_of_the_definition(height: int, width: int, channels: int) -> None:
    tile, found = recursion(height, width, channels)
    for channel in range(channels):
        for e, expert in enumerate(tile.experts[channel]):
            expected = definition(*inputs(tile, expert.context, channel), expert.forget)
            assert np.abs(found[channel, e] - expected).max() <= 0.5 + 1e-3


def test_the_definition_predicts_well_where_the_picture_is_smooth() -> None:
    tile, found = recursion(12, 40, 1)
    samples = np.array([[tile.sample(0, y, x) for x in range(10, 20)] for y in range(4, 6)])
    assert np.abs(found[0, :, 4:6, 10:20] / FRACTION - samples).mean() < 8


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
    room, weights = np.zeros((sums.shape[1], ROOM)), np.zeros((n + 1, lanes))
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

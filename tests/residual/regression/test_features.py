import numpy as np
import pytest
import reference_residual
import residual_models
from hypothesis import given
from hypothesis import strategies as st
from numpy.typing import NDArray

from hybridcodec.residual.regression import features
from hybridcodec.residual.regression.planes import to_planes
from hybridcodec.residual.regression.state import Tile
from hybridcodec.residual.regression.tile import walk
from hybridcodec.residual.regression.wavefront import LEAD, PAD


@pytest.mark.parametrize("channel", [0, 1, 2])
def test_the_count_is_that_of_the_described_list(channel: int) -> None:
    tensors = residual_models.shipped_tensors()
    tile = reference_residual.ReferenceTile(tensors, np.zeros((3, 1, 1), np.int32), 3, 255)
    for expert in range(3):
        for d in range(channel):
            tile.errors[expert, d, 0, 0] = 0
            tile.samples[d, 0, 0] = 0
    experts = len(tensors["0.forgets"])
    listed = tile.features(channel, 0, 0, [0] * (experts + 1), 10, [[0] * 6] * (experts + 1))
    assert len(listed) == features.count_features(channel, experts)
    assert tensors[f"{channel}.w1"].shape[1] == len(listed)


@given(st.integers(1, features.MAX_SCALE))
def test_reciprocals_are_the_nearest_integers(scale: int) -> None:
    exact = (features.UNIT << features.RECIPROCAL_BITS) / scale
    assert abs(int(features.reciprocal_table()[scale]) - exact) <= 0.5


def walked(
    channels: int, top: int, seed: int
) -> tuple[reference_residual.ReferenceTile, list[tuple[int, int, int, NDArray[np.int32]]]]:
    """A described tile and (channel, y, x, features) of every sub-pixel, in coding order."""
    samples, base = (to_planes(array).clip(0, top) for array in residual_models.pair(9, 8, channels, seed))
    described = reference_residual.ReferenceTile(residual_models.shipped_tensors(), base, channels, top)
    found = []
    for t, state, low, high in walk(Tile(residual_models.shipped_model(), base, samples, channels, top)):
        for lane in range(low, high):
            y = lane - PAD
            place = (state.number, y, t - LEAD - 3 * y)
            found.append((*place, state.lanes.features[:, lane].copy()))
    described.samples = {(c, y, x): int(samples[c, y, x]) for c, y, x, _ in found}
    return described, found


@pytest.mark.parametrize(("channels", "top"), [(3, 255), (1, 255), (3, 1), (1, 0), (3, 85)])
def test_features_are_those_of_the_description(channels: int, top: int) -> None:
    tile, found = walked(channels, top, 3)
    seen = []
    original = tile.features
    tile.features = lambda *args: seen.append(original(*args)) or seen[-1]  # type: ignore[func-returns-value]
    for channel, y, x, values in found:
        forecast = tile.forecast(channel, y, x)
        assert seen[-1] == values.tolist(), f"channel {channel} at {y}, {x}"
        tile.settle(channel, y, x, forecast.predictions)


def test_features_stay_within_what_the_proof_assumes() -> None:
    rng = np.random.default_rng(2)
    samples = rng.choice([0, 255], (3, 14, 15)).astype(np.int32)
    base = 255 - samples
    for _, state, low, high in walk(Tile(residual_models.shipped_model(), base, samples, 3, 255)):
        assert np.abs(state.lanes.features[:, low:high]).max() <= features.LIMIT

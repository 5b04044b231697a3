import numpy as np
import pytest
import reference_adaptive
import residual_models
from hypothesis import given
from hypothesis import strategies as st

from hybridcodec.residual.adaptive import features


@pytest.mark.parametrize("channel", [0, 1, 2])
def test_the_count_is_that_of_the_described_list(channel: int) -> None:
    tensors = residual_models.shipped_tensors()
    tile = reference_adaptive.AdaptiveTile(tensors, np.zeros((3, 1, 1), np.int32), 3, 255)
    for expert in range(4):
        for d in range(channel):
            tile.errors[expert, d, 0, 0] = 0
            tile.samples[d, 0, 0] = 0
    experts = len(tensors["0.experts"]) - 1
    listed = tile.features(channel, 0, 0, [0] * (experts + 1), 10, [[0] * 6] * (experts + 1))
    assert len(listed) == features.count_features(channel, experts)
    assert tensors[f"{channel}.w1"].shape[1] == len(listed)


@given(st.integers(1, features.MAX_SCALE))
def test_reciprocals_are_the_nearest_integers(scale: int) -> None:
    exact = (features.UNIT << features.RECIPROCAL_BITS) / scale
    assert abs(int(features.reciprocal_table()[scale]) - exact) <= 0.5

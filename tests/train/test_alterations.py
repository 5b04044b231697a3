"""Altered pictures keep their shape and differ; what each alteration promises is there."""

import numpy as np
import pytest
from numpy.typing import NDArray

from hybridcodec.train import alterations
from hybridcodec.train.alterations import altered

PICTURE = np.random.default_rng(2).integers(0, 256, (40, 56, 3), np.uint8)


def steps(samples: NDArray[np.float32]) -> float:
    """Mean difference of neighbours."""
    return float(np.abs(np.diff(samples, axis=1)).mean())


@pytest.mark.parametrize("shape", [(1, 1, 3), (1, 9, 3), (7, 1, 3), (40, 56, 3)], ids=str)
@pytest.mark.parametrize("fill", [0, 255, None])
def test_any_picture_keeps_shape_and_type_under_any_alteration(shape: tuple[int, ...], fill: int | None) -> None:
    picture = PICTURE[: shape[0], : shape[1]] if fill is None else np.full(shape, fill, np.uint8)
    for seed in range(40):
        found = altered(picture, np.random.default_rng(seed))
        assert found.shape == shape
        assert found.dtype == np.uint8


def test_the_seed_decides() -> None:
    first, again, other = (altered(PICTURE, np.random.default_rng(seed)) for seed in (4, 4, 5))
    assert np.array_equal(first, again)
    assert not np.array_equal(first, other)


def test_the_picture_given_is_not_touched() -> None:
    picture = PICTURE.copy()
    for seed in range(20):
        altered(picture, np.random.default_rng(seed))
    assert np.array_equal(picture, PICTURE)


def test_enlarged_pictures_are_smoother() -> None:
    samples = PICTURE.astype(np.float32)
    for seed in range(10):
        assert steps(alterations._enlarged(samples, np.random.default_rng(seed))) < steps(samples)


def test_noise_is_no_stronger_than_it_may_be_and_leaves_the_mean() -> None:
    flat = np.full((200, 200, 3), 100, np.float32)
    for seed in range(10):
        noise = alterations._with_noise(flat, np.random.default_rng(seed)) - flat
        assert noise.std() < 1.8 * alterations.LARGEST_NOISE
        assert abs(noise.mean()) < 0.2


def test_coarse_colour_keeps_brightness_and_evens_out_colour() -> None:
    samples = PICTURE.astype(np.float32)
    coarse = alterations._with_coarse_colour(samples, np.random.default_rng(1))
    before, after = (a - (a @ alterations.LUMA)[..., None] for a in (samples, coarse))
    assert steps(after) < 0.5 * steps(before)
    assert np.abs(coarse @ alterations.LUMA - samples @ alterations.LUMA).mean() < 1

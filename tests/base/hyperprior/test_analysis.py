import base_models
import numpy as np
import pytest

from hybridcodec.base.hyperprior.analysis import Analysis
from hybridcodec.errors import ModelError


def test_windows_change_no_latent_by_more_than_rounding() -> None:
    analysis = base_models.random_analysis()
    samples = base_models.photograph_like(336, 208)
    whole, pieces = (analysis.latents(samples, window) for window in (64, 5))
    assert whole.shape == (96, 21, 13)
    assert np.abs(whole - pieces).max() < 1e-3 * np.abs(whole).max()


@pytest.mark.parametrize(("height", "width"), [(1, 1), (4, 5), (32, 31)])
def test_hyper_latents_have_a_quarter_of_the_sides_rounded_up(height: int, width: int) -> None:
    y = np.ones((96, height, width), np.float32)
    assert base_models.random_analysis().hyper_latents(y).shape == (48, -(-height // 4), -(-width // 4))


def test_parameters_that_are_not_finite_are_refused() -> None:
    arrays = base_models.analysis_arrays()
    arrays["g_a.stem.bias"][3] = np.nan
    with pytest.raises(ModelError, match="not finite"):
        Analysis.from_tensors(arrays)

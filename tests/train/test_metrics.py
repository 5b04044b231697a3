import numpy as np
import pytest
import torch
from skimage.metrics import structural_similarity

from hybridcodec.base.similarity import ms_ssim_loss, ssim_terms
from hybridcodec.train.metrics import _gaussian_blur, grid_errors, ms_ssim, psnr


def pair(seed: int = 1, size: int = 192) -> tuple[torch.Tensor, torch.Tensor]:
    rng = np.random.default_rng(seed)
    x = np.cumsum(np.cumsum(rng.normal(0, 1, (1, 3, size, size)), 2), 3)
    x = 255 * (x - x.min()) / (x.max() - x.min())
    y = x + rng.normal(0, 12, x.shape)
    return torch.from_numpy(x), torch.from_numpy(y)


def test_a_picture_is_like_itself() -> None:
    x, _ = pair()
    assert float(ms_ssim(x, x)) == pytest.approx(1.0)
    assert float(ms_ssim_loss(x, x)) == pytest.approx(0.0, abs=1e-6)


def test_first_scale_agrees_with_scikit_image() -> None:
    x, y = pair()
    moments = _gaussian_blur(torch.cat((x, y, x * x, y * y, x * y), 1))
    luminance, contrast = ssim_terms(moments, 3)
    expected = structural_similarity(
        x[0].numpy(), y[0].numpy(), channel_axis=0, data_range=255, gaussian_weights=True, sigma=1.5,
        use_sample_covariance=False,
    )  # fmt: skip
    assert float((luminance * contrast).mean()) == pytest.approx(expected, abs=2e-3)


def test_more_noise_is_less_like() -> None:
    x, y = pair()
    z = x + 3 * (y - x)
    assert float(ms_ssim(x, z)) < float(ms_ssim(x, y)) < 1
    assert float(ms_ssim_loss(x, z)) > float(ms_ssim_loss(x, y)) > 0


def test_psnr_of_one_step_is_48_decibels() -> None:
    assert psnr(1.0) == pytest.approx(48.1308, abs=1e-3)


def test_grid_counts_in_flat_areas_and_texture_hardly() -> None:
    flat = torch.full((1, 3, 192, 192), 100.0)
    lines = torch.zeros(192, 192)
    lines[::4] = 2
    noise = torch.from_numpy(np.random.default_rng(1).choice([-0.866, 0.866], flat.shape)).float()
    busy = flat + 50 * torch.from_numpy(np.random.default_rng(2).normal(size=flat.shape)).float()
    assert float(grid_errors(flat + 5, flat)) == pytest.approx(0.0, abs=1e-5)
    assert float(grid_errors(flat + lines, flat)) == pytest.approx(0.75, abs=1e-3)
    assert float(grid_errors(flat + noise, flat)) < 0.1
    assert float(grid_errors(busy + lines, busy)) < 0.1

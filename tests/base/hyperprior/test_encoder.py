import base_models
import numpy as np
import pytest

from hybridcodec.base.colour import Tones, padded_rgb, to_samples
from hybridcodec.base.geometry import LatentGrid
from hybridcodec.base.hyperprior.decoder import decode_base
from hybridcodec.base.hyperprior.encoder import encode_base

MODEL = base_models.random_model()
ANALYSIS = base_models.random_analysis()


@pytest.mark.parametrize("channels", [1, 3])
@pytest.mark.parametrize(("height", "width"), [(1, 1), (1, 70), (16, 16), (17, 31), (130, 67)])
def test_any_size_decodes_to_the_picture_that_encoding_promised(height: int, width: int, channels: int) -> None:
    samples = base_models.photograph_like(height, width, channels)
    payload, picture = encode_base(samples, MODEL, ANALYSIS, tile=64)
    assert len(payload.common) == channels
    assert len(payload.tiles) == len(LatentGrid(height, width, 64).tiles)
    decoded = decode_base(payload.common, payload.tiles, (height, width, channels), MODEL, tile=64)
    assert decoded.dtype == np.uint8
    assert decoded.shape == (height, width, channels)
    assert (decoded == picture).all()


def test_padding_repeats_the_edge_and_gray_becomes_three_channels() -> None:
    padded = padded_rgb(np.array([[[7], [9]]], np.uint8))
    assert padded.shape == (16, 16, 3)
    assert (padded[:, 0] == 7).all()
    assert (padded[:, 1:] == 9).all()


def test_correction_removes_a_shift_in_each_channel() -> None:
    rng = np.random.default_rng(1)
    samples = rng.integers(40, 200, (50, 60, 3)).astype(np.uint8)
    fine = (16 * samples.astype(np.int16) + np.array([37, -90, 3], np.int16)).astype(np.int16)
    tones = Tones(3)
    for rows in (slice(0, 7), slice(7, 50)):
        tones.add(fine[rows].astype(np.int32))
    correction = tones.corrections(samples)
    picture = to_samples(fine, correction)
    assert np.abs(correction - [-37, 90, -3]).max() <= 8
    assert (picture == samples).all()


def test_correction_allows_for_clipping() -> None:
    rng = np.random.default_rng(2)
    samples = rng.choice(np.array([0, 255, 100], np.uint8), (50, 60, 1))
    fine = (16 * samples.astype(np.int16) + 40).astype(np.int16)
    tones = Tones(1)
    tones.add(fine.astype(np.int32))
    picture = to_samples(fine, tones.corrections(samples))
    assert abs(float(picture.mean()) - float(samples.mean())) < 0.2


def test_encoding_reports_progress_to_the_end() -> None:
    told: list[float] = []
    encode_base(base_models.photograph_like(20, 20), MODEL, ANALYSIS, progress=told.append)
    assert told == sorted(told)
    assert told[-1] == 1.0

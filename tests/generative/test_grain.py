"""Grain is a hash of the place: any part of a picture has it without the rest."""

import numpy as np
import pytest

from hybridcodec.generative.texture.grain import add_grain, enlarged
from hybridcodec.generative.texture.schema import BANDS, GRAIN_STEPS

STRONG = GRAIN_STEPS * 4


def grain(area: tuple[slice, slice], strengths: np.ndarray) -> np.ndarray:
    fine = np.zeros((*strengths.shape[:2], 2), np.int16)
    add_grain(area, strengths, fine)
    assert (fine[..., 0] == fine[..., 1]).all()
    return fine[..., 0]


def flat(h: int, w: int, band: int) -> np.ndarray:
    strengths = np.zeros((h, w, BANDS), np.int16)
    strengths[..., band] = STRONG
    return strengths


@pytest.mark.parametrize("band", range(BANDS))
def test_any_part_of_a_picture_has_the_grain_of_the_whole(band: int) -> None:
    whole = grain((slice(0, 96), slice(0, 80)), flat(96, 80, band))
    for top, left, h, w in ((0, 0, 16, 16), (32, 48, 64, 32), (16, 16, 37, 50)):
        part = grain((slice(top, top + h), slice(left, left + w)), flat(h, w, band))
        assert (part == whole[top : top + h, left : left + w]).all()


@pytest.mark.parametrize("band", range(BANDS))
def test_grain_has_the_strength_that_is_asked_for_no_mean_and_no_period(band: int) -> None:
    found = grain((slice(0, 512), slice(512, 1024)), flat(512, 512, band)).astype(float)
    assert abs(found.mean()) < 1.5  # sixteenths of a step
    assert 0.9 < found.std() / (16 * STRONG / GRAIN_STEPS) < 1.1
    for period in (4, 8, 16):
        phases = found.reshape(512 // period, period, 512 // period, period).mean((0, 2))
        assert phases.std() < 4 * found.std() * 2**band * period / 512


def test_bands_are_not_alike() -> None:
    area = (slice(0, 256), slice(0, 256))
    fields = np.stack([grain(area, flat(256, 256, band)).ravel() for band in range(BANDS)])
    correlation = np.corrcoef(fields)
    assert np.abs(correlation - np.eye(BANDS)).max() < 0.03


def test_strengths_are_enlarged_without_steps_and_keep_what_is_even() -> None:
    assert (enlarged(flat(3, 2, 0)) == flat(12, 8, 0)).all()
    rising = np.zeros((1, 8, BANDS), np.int16)
    rising[0, :, 1] = np.arange(8) * 16
    row = enlarged(rising)[0, :, 1]
    assert (np.diff(row) >= 0).all()
    assert np.diff(row).max() <= 5

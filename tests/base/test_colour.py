import numpy as np

from hybridcodec.base.colour import Tones, padded_rgb, to_samples


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


def test_samples_round_half_up_after_the_correction() -> None:
    fine = np.array([[[-100], [7], [8], [16 * 255 + 7], [9999]]], np.int32)
    assert to_samples(fine, np.array([0])).ravel().tolist() == [0, 0, 1, 255, 255]
    assert to_samples(fine, np.array([1])).ravel().tolist() == [0, 1, 1, 255, 255]

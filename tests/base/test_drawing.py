"""Windows become pictures: held or drawn twice, whole or row by row, it is the same picture."""

import numpy as np
import pytest
from numpy.typing import NDArray

from hybridcodec.base import drawing
from hybridcodec.base.colour import to_samples
from hybridcodec.base.drawing import Strips, correct
from hybridcodec.base.geometry import LatentGrid, Slices
from hybridcodec.base.mosaic import Generator, Mosaic, Windows

U8 = NDArray[np.uint8]
H, W = 70, 100


def windows(fine: NDArray[np.int32], edge: int = 32) -> Windows:
    for top in range(0, H, edge):
        for left in range(0, W, edge):
            area = slice(top, min(top + edge, H)), slice(left, min(left + edge, W))
            yield area, fine[area]


@pytest.mark.parametrize("held", [0, 1 << 20])
def test_pictures_side_by_side_are_corrected_by_themselves_held_or_drawn_twice(
    monkeypatch: pytest.MonkeyPatch, held: int
) -> None:
    monkeypatch.setattr(drawing, "HELD", held)
    rng = np.random.default_rng(1)
    samples = rng.integers(30, 220, (H, W, 3)).astype(np.uint8)
    fine = np.dstack([16 * samples.astype(np.int32) + shift for shift in (40, -70)])
    times = []
    correction, corrected = correct(samples, lambda: times.append(1) or windows(fine))
    found = np.zeros((H, W, 6), np.uint8)
    for area, shown in corrected:
        found[area] = shown
    assert (np.abs(correction - np.array([-40, -40, -40, 70, 70, 70])) <= 8).all()
    assert (found == to_samples(fine, correction)).all()
    assert (found == np.dstack([samples, samples])).all()
    assert len(times) == (1 if held else 2)


def test_rows_are_given_from_top_to_bottom_when_they_are_whole() -> None:
    rng = np.random.default_rng(2)
    picture, given = rng.integers(0, 256, (H, W, 1)).astype(np.uint8), []
    strips = Strips(W, lambda rows: given.append(rows.copy()))
    for area, shown in windows(picture.astype(np.int32)):
        strips.put(area, shown.astype(np.uint8))
    assert [len(rows) for rows in given] == [32, 32, 6]
    assert (np.concatenate(given) == picture).all()


def test_windows_that_come_again_are_drawn_twice_and_no_more() -> None:
    drawn = []

    def generate(latents: NDArray[np.int16], wanted: Slices, threads: int) -> NDArray[np.int16]:
        drawn.append(threads)
        return np.repeat(np.repeat(latents[wanted][..., :3], 16, 0), 16, 1)

    mosaic = Mosaic(LatentGrid(64, 16 * 40, 64), 4, 100)
    mosaic.put((slice(0, 4), slice(0, 1)), np.full((4, 4, 1), 500))
    found = list(mosaic.synthesise(Generator(generate, 0, 4), 3))
    assert len(found) == 10
    assert len(drawn) == 3  # one that is alone, and two of nine that are alike
    assert (found[0][1][:, :16] == 128 * 16 + 100).all()
    assert all((fine == 128 * 16).all() for _, fine in found[1:])

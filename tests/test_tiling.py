import numpy as np

from hybridcodec.tiling import Tiling


def test_areas_cover_the_picture_once() -> None:
    tiling, covered = Tiling(23, 31, 7, 10), np.zeros((23, 31), int)
    for area in tiling.areas:
        covered[area] += 1
    assert (covered == 1).all()
    assert len(tiling.areas) == tiling.across * tiling.down == 16


def test_a_tile_larger_than_the_picture_is_cut_at_its_border() -> None:
    assert Tiling(3, 5, 64, 64).areas == ((slice(0, 3), slice(0, 5)),)

import numpy as np
import pytest

from hybridcodec.base.geometry import LatentGrid, pieces, windows
from hybridcodec.errors import UnsupportedError


@pytest.mark.parametrize(("rows", "columns", "edge"), [(1, 1, 4), (9, 5, 4), (64, 65, 64), (7, 30, 8)])
def test_windows_cover_every_latent_once_and_lie_in_their_margins(rows: int, columns: int, edge: int) -> None:
    seen = np.zeros((rows, columns), int)
    numbers = np.arange(rows * columns).reshape(rows, columns)
    for window in windows(rows, columns, (edge, edge + 1), 3):
        seen[window.inner] += 1
        assert (numbers[window.outer][window.inner_in_outer] == numbers[window.inner]).all()
    assert (seen == 1).all()


@pytest.mark.parametrize(("rows", "columns", "expected"), [(6, 4, 1), (7, 4, 2), (6, 9, 3), (1, 1, 1)])
def test_a_side_half_as_long_again_as_a_window_is_not_divided(rows: int, columns: int, expected: int) -> None:
    found = list(pieces(rows, columns, 4, 1))
    assert len(found) == expected
    assert found[-1].inner == (slice(found[-1].inner[0].start, rows), slice(found[-1].inner[1].start, columns))


def test_tiles_of_a_picture_are_counted_in_raster_order() -> None:
    grid = LatentGrid(513, 1025, 512)
    assert (grid.rows, grid.columns) == (33, 65)
    assert [(r.start, c.start) for r, c in grid.tiles] == [(0, 0), (0, 32), (0, 64), (32, 0), (32, 32), (32, 64)]


@pytest.mark.parametrize(("height", "width", "tile"), [(0, 1, 512), (1, 0, 512), (1, 1, 0), (1, 1, 100), (1, 1, 32)])
def test_impossible_grids_are_refused(height: int, width: int, tile: int) -> None:
    with pytest.raises(UnsupportedError):
        LatentGrid(height, width, tile)

"""Tile grids cover the picture once."""

import numpy as np
import pytest
from hybridcodec_container import ContainerError, TileGrid
from hypothesis import given, settings
from hypothesis import strategies as st

SIDES = st.integers(1, 40)


@settings(derandomize=True, deadline=None, max_examples=60)
@given(SIDES, SIDES, SIDES, SIDES)
def test_tiles_cover_every_pixel_once_in_raster_order(width: int, height: int, across: int, down: int) -> None:
    grid = TileGrid(width, height, across, down)
    covered = np.zeros((height, width), int)
    for box in grid.boxes():
        covered[box.rows, box.columns] += 1
        assert covered[box.rows, box.columns].shape == (box.height, box.width)
    assert (covered == 1).all()
    assert [(box.top, box.left) for box in grid.boxes()] == sorted((box.top, box.left) for box in grid.boxes())


@pytest.mark.parametrize("number", [-1, 6])
def test_there_is_no_tile_outside_the_grid(number: int) -> None:
    with pytest.raises(ContainerError, match="no tile"):
        TileGrid(130, 70, 64, 64).box(number)


def test_no_tile_size_means_no_tiles() -> None:
    assert TileGrid(130, 70, 0, 0).boxes() == ()

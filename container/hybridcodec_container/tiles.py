"""A grid of tiles over a picture: how many, which box each covers. Tiles are numbered in raster order."""

from dataclasses import dataclass
from typing import NamedTuple

from hybridcodec_container.errors import ContainerError


class Box(NamedTuple):
    """A rectangle of pixels inside the picture; `rows` and `columns` are slices for an array (H, W, ...)."""

    left: int
    top: int
    width: int
    height: int

    @property
    def rows(self) -> slice:
        """Rows of the picture that the box covers."""
        return slice(self.top, self.top + self.height)

    @property
    def columns(self) -> slice:
        """Columns of the picture that the box covers."""
        return slice(self.left, self.left + self.width)


@dataclass(frozen=True)
class TileGrid:
    """Division of a picture into tiles from the top left corner; the last column and row may be smaller.

    A tile size of zero means that there are no tiles.
    """

    width: int
    height: int
    tile_width: int
    tile_height: int

    @property
    def across(self) -> int:
        """Tiles in a row of tiles."""
        return -(-self.width // self.tile_width) if self.tile_width else 0

    @property
    def down(self) -> int:
        """Tiles in a column of tiles."""
        return -(-self.height // self.tile_height) if self.tile_height else 0

    @property
    def count(self) -> int:
        """Tiles in all."""
        return self.across * self.down

    def box(self, number: int) -> Box:
        """Return what tile `number` (from 0, raster order) covers, cut at the picture's border.

        Raises:
            ContainerError: if there is no such tile.
        """
        if not 0 <= number < self.count:
            raise ContainerError(f"there is no tile {number}: the grid has {self.count}")
        row, column = divmod(number, self.across)
        left, top = column * self.tile_width, row * self.tile_height
        return Box(left, top, min(self.tile_width, self.width - left), min(self.tile_height, self.height - top))

    def boxes(self) -> tuple[Box, ...]:
        """Return the boxes of all tiles, in raster order."""
        return tuple(self.box(number) for number in range(self.count))

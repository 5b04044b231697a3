"""Tiles over a picture: rectangles from the top left corner in raster order, cut at the picture's border.

The one way in which the library's layers divide pictures; the container has its own for bytes that it does not trust.
"""

from dataclasses import dataclass

Area = tuple[slice, slice]
"""Rows and columns of a picture."""


@dataclass(frozen=True)
class Tiling:
    """A picture of `height` x `width` samples in tiles of at most `tile_height` x `tile_width`; all are at least 1."""

    height: int
    width: int
    tile_height: int
    tile_width: int

    @property
    def across(self) -> int:
        """Tiles in a row of tiles."""
        return -(-self.width // self.tile_width)

    @property
    def down(self) -> int:
        """Tiles in a column of tiles."""
        return -(-self.height // self.tile_height)

    @property
    def areas(self) -> tuple[Area, ...]:
        """Rows and columns of each tile, raster order."""
        return tuple(
            (slice(y, min(y + self.tile_height, self.height)), slice(x, min(x + self.tile_width, self.width)))
            for y in range(0, self.height, self.tile_height)
            for x in range(0, self.width, self.tile_width)
        )

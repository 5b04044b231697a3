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

    def touched(self, area: Area) -> list[int]:
        """Return the numbers of the tiles that an area touches, raster order; it may reach beyond the picture."""
        down = _touched(area[0], self.tile_height, self.down)
        across = _touched(area[1], self.tile_width, self.across)
        return [row * self.across + column for row in down for column in across]

    def around(self, area: Area) -> Area:
        """Return the area of all tiles that an area of the picture touches."""
        found, areas = self.touched(area), self.areas
        (first_rows, first_columns), (last_rows, last_columns) = areas[found[0]], areas[found[-1]]
        return slice(first_rows.start, last_rows.stop), slice(first_columns.start, last_columns.stop)


def size_of(area: Area) -> tuple[int, int]:
    """Return how many rows and columns an area has."""
    rows, columns = area
    return rows.stop - rows.start, columns.stop - columns.start


def within(area: Area, other: Area) -> Area:
    """Return an area in coordinates of another that it lies in."""
    rows, columns = (slice(a.start - o.start, a.stop - o.start) for a, o in zip(area, other, strict=True))
    return rows, columns


def _touched(side: slice, edge: int, count: int) -> range:
    return range(max(side.start // edge, 0), min((side.stop - 1) // edge + 1, count))

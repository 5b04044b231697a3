"""Where things lie: base tiles on the latent grid, and windows with the receptive field around them."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from hybridcodec.base.units import HYPER_STRIDE, STRIDE
from hybridcodec.errors import UnsupportedError
from hybridcodec.tiling import Area, Tiling

Slices = tuple[slice, slice]


@dataclass(frozen=True)
class Window:
    """A rectangle of latents, `inner`, and the larger one, `outer`, that its pixels depend on."""

    inner: Slices
    outer: Slices

    @classmethod
    def around(cls, inner: Slices, margin: int, size: tuple[int, ...]) -> Window:
        """Return the window of an inner rectangle with a margin, within a grid of `size` rows and columns."""
        rows, columns = (
            slice(max(side.start - margin, 0), min(side.stop + margin, end))
            for side, end in zip(inner, size, strict=True)
        )
        return cls(inner, (rows, columns))

    @property
    def inner_in_outer(self) -> Slices:
        """The inner rectangle in coordinates of the outer one."""
        rows, columns = (
            slice(i.start - o.start, i.stop - o.start) for i, o in zip(self.inner, self.outer, strict=True)
        )
        return rows, columns

    def inner_pixels(self, stride: int) -> Slices:
        """The inner rectangle in pixels."""
        return scaled(self.inner, stride)

    def outer_pixels(self, stride: int) -> Slices:
        """The outer rectangle in pixels."""
        return scaled(self.outer, stride)


def scaled(area: Slices, stride: int) -> Slices:
    """Return a rectangle with every coordinate multiplied by `stride`."""
    rows, columns = (slice(s.start * stride, s.stop * stride) for s in area)
    return rows, columns


def pieces(rows: int, columns: int, edge: int, margin: int, part: Slices | None = None) -> Iterator[Window]:
    """As `windows`, but a side that is at most half as long again as `edge` stays whole: margins cost time."""
    down, across = part or (slice(0, rows), slice(0, columns))
    sizes = (down.stop - down.start, across.stop - across.start)
    tall, wide = (size if 2 * size <= 3 * edge else edge for size in sizes)
    return windows(rows, columns, (tall, wide), margin, (down, across))


def windows(
    rows: int, columns: int, edges: tuple[int, int], margin: int, part: Slices | None = None
) -> Iterator[Window]:
    """Yield windows of at most so many rows and columns that cover `part` of a grid, raster order."""
    (tall, wide), (down, across) = edges, part or (slice(0, rows), slice(0, columns))
    for top in range(down.start, down.stop, tall):
        for left in range(across.start, across.stop, wide):
            inner = slice(top, min(top + tall, down.stop)), slice(left, min(left + wide, across.stop))
            yield Window.around(inner, margin, (rows, columns))


@dataclass(frozen=True)
class LatentGrid:
    """Base tiles of a picture: squares of `tile` pixels in raster order, those at the right and bottom smaller.

    `part` is the pixels that are wanted, None for all.
    """

    height: int
    width: int
    tile: int
    part: Area | None = None

    def __post_init__(self) -> None:
        if self.height < 1 or self.width < 1:
            raise UnsupportedError(f"expected a picture of at least 1x1, found {self.width}x{self.height}")
        if self.tile < HYPER_STRIDE or self.tile % HYPER_STRIDE:
            raise UnsupportedError(f"base tiles must be a multiple of {HYPER_STRIDE} pixels, found {self.tile}")

    @property
    def rows(self) -> int:
        """Latent rows of the picture."""
        return -(-self.height // STRIDE)

    @property
    def columns(self) -> int:
        """Latent columns of the picture."""
        return -(-self.width // STRIDE)

    @property
    def wanted(self) -> Area:
        """The pixels that are wanted."""
        return self.part or (slice(0, self.height), slice(0, self.width))

    @property
    def drawn(self) -> Slices:
        """The latents that draw the pixels that are wanted."""
        rows, columns = (slice(side.start // STRIDE, -(-side.stop // STRIDE)) for side in self.wanted)
        return rows, columns

    @property
    def pixels(self) -> Area:
        """The pixels that these draw, cut at the picture's border."""
        rows, columns = scaled(self.drawn, STRIDE)
        return slice(rows.start, min(rows.stop, self.height)), slice(columns.start, min(columns.stop, self.width))

    @property
    def tiles(self) -> tuple[Slices, ...]:
        """Each tile's latents, raster order."""
        found = windows(self.rows, self.columns, (self.tile // STRIDE, self.tile // STRIDE), 0)
        return tuple(window.inner for window in found)


def square_edge(tiling: Tiling) -> int:
    """Return the edge of square tiles; raises UnsupportedError for others."""
    if tiling.tile_height != tiling.tile_width:
        raise UnsupportedError("base tiles that are not square need a later version")
    return tiling.tile_width


def latent_shape(area: Area) -> tuple[int, int]:
    """Return how many rows and columns of latents cover pixels."""
    rows, columns = (-(-side.stop // STRIDE) - side.start // STRIDE for side in area)
    return rows, columns


def reached(area: Area, margin: int) -> Area:
    """Return the pixels whose latents the pixels of `area` depend on, `margin` latents around them."""
    rows, columns = (
        slice((side.start // STRIDE - margin) * STRIDE, (-(-side.stop // STRIDE) + margin) * STRIDE) for side in area
    )
    return rows, columns

"""What base coders of square tiles of latents share: their size, what they reach, and what needs torch."""

from collections.abc import Callable
from typing import Any, Final

from hybridcodec.base.geometry import reached
from hybridcodec.errors import UnsupportedError
from hybridcodec.tiling import Area

TILE: Final = 512
"""Default edge of a base tile, pixels."""


class SquareTiles:
    """Part of a `BaseCoder`; `margin` is how many latents around a window its pixels depend on."""

    margin: int

    def choose_tile(self, height: int, width: int) -> tuple[int, int]:  # noqa: ARG002 - the same for all
        """See `BaseCoder.choose_tile`."""
        return TILE, TILE

    def reach(self, area: Area) -> Area:
        """See `BaseCoder.reach`: the receptive field of the generator."""
        return reached(area, self.margin)


def with_torch(load: Callable[[], Any], what: str = "encoding") -> Any:
    """Return what `load` makes; raises UnsupportedError where it cannot import torch."""
    try:
        return load()
    except ImportError as error:
        raise UnsupportedError(f"{what} needs torch (extra `best`), which cannot be imported: {error}") from error

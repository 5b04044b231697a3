"""What of a large picture a page holds: all of it made small, and a part with every pixel."""

from collections.abc import Iterator
from dataclasses import dataclass, replace
from typing import Final

from hybridcodec.previews import reduced
from hybridcodec.view.layers import Shown

FULL: Final = 12 << 20
"""Pixels of a picture that is embedded as it is; most cameras of telephones stay below."""
LONGEST: Final = 1 << 14
"""Pixels along a side, beyond which browsers draw nothing and WebP has no room."""
_REDUCED: Final = 3 << 20
_CROP: Final = 1536


@dataclass(frozen=True)
class Part:
    """A part of a picture: `left`, `top`, `width` and `height` in its pixels, shown with sides divided by 2^scale."""

    left: int
    top: int
    width: int
    height: int
    scale: int = 0
    words: str = ""

    def of(self, layer: Shown) -> Shown:
        """Return this part of a layer, of whose samples nothing else is kept."""
        rows, columns = slice(self.top, self.top + self.height), slice(self.left, self.left + self.width)
        cut = layer.samples[rows, columns]
        return replace(layer, samples=reduced(cut, self.scale) if self.scale else cut.copy())


def parts_of(height: int, width: int) -> Iterator[Part]:
    """Yield the parts of a picture that a page holds: all of it, or all of it made small and its middle."""
    if height * width <= FULL and max(height, width) <= LONGEST:
        yield Part(0, 0, width, height)
        return
    scale = next(
        scale
        for scale in range(1, 32)
        if height * width >> 2 * scale <= _REDUCED and max(height, width) >> scale < LONGEST
    )
    yield Part(0, 0, width, height, scale, f"all of it, made {1 << scale} times smaller")
    w, h = min(width, _CROP), min(height, _CROP)
    yield Part((width - w) // 2, (height - h) // 2, w, h, 0, f"its middle, {w} x {h}, every pixel")

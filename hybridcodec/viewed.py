"""A preview in a size that is asked for: smaller or larger than its layer in the file, by exact integer rules."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from hybridcodec_container import Picture
from numpy.typing import NDArray

from hybridcodec.arguments import checked_scale
from hybridcodec.errors import InputError
from hybridcodec.layers import base_layer
from hybridcodec.modes import Layer
from hybridcodec.previews import reduced
from hybridcodec.scaling import enlarged_part, needed_for, scaled_size
from hybridcodec.tiling import Area

U8 = NDArray[np.uint8]


@dataclass(frozen=True)
class View:
    """A layer of `height` x `width` pixels, seen in `size`: smaller where `down`, larger where `up` is not 0.

    `down` and `up` are how often the sides are halved or doubled; one of them is 0.
    """

    height: int
    width: int
    size: tuple[int, int]
    down: int = 0
    up: int = 0

    @classmethod
    def of(cls, picture: Picture, scale: int | None) -> View:
        """Return the preview of a picture with the picture's sides divided by 2^scale; None: as it is in the file."""
        own = base_layer(picture).scale
        header, scale = picture.header, own if scale is None else scale
        sides = (scaled_size(header.height, header.width, s) for s in (own, scale))
        (height, width), size = sides
        return cls(height, width, size, max(scale - own, 0), max(own - scale, 0))

    def needed(self, area: Area) -> Area:
        """Return the area of the layer that an area of the view is made of."""
        if self.up:
            return needed_for(area, self.up, *self.size)
        rows, columns = (
            slice(side.start << self.down, min(side.stop << self.down, count))
            for side, count in zip(area, (self.height, self.width), strict=True)
        )
        return rows, columns

    def scaled(self, part: U8, area: Area) -> U8:
        """Return an area of the view, (h, w, C), from the samples of what it needs."""
        if self.up:
            return enlarged_part(part, self.up, *self.size, area)
        return reduced(part, self.down)

    @property
    def whole(self) -> Area:
        """All of the view."""
        return slice(0, self.size[0]), slice(0, self.size[1])


def scale_of(layer: Layer, scale: object) -> int | None:
    """Return the scale that is asked for; raises InputError where there is none such, or not of this layer."""
    found = checked_scale(scale)
    if found is not None and layer is Layer.EXACT:
        raise InputError("a scale belongs to a preview, the perceptual or the base layer; found the exact layer")
    return found


def seen(preview: U8, picture: Picture, scale: int | None) -> U8:
    """Return all of a preview (h, w, C) with the picture's sides divided by 2^scale; None: as it is."""
    view = View.of(picture, scale)
    return view.scaled(preview, view.whole)

"""The base picture of a damaged file: what it is made of, what of it is lost, and how far a lost tile reaches."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

import hybridcodec_container as container
from hybridcodec_container import Layers, Picture

from hybridcodec.errors import CorruptFileError
from hybridcodec.image import Samples
from hybridcodec.layers import base_layer, base_samples, base_tiling, only_model
from hybridcodec.loading import load_base
from hybridcodec.opening import require_preview
from hybridcodec.salvage.survivors import Survivors
from hybridcodec.scaling import enlarged, needed_for
from hybridcodec.tiling import Area, Tiling

if TYPE_CHECKING:
    from hybridcodec.base import BaseCoder


@dataclass(frozen=True)
class Preview:
    """A base picture (H, W, C) in the size of its picture, flat where tiles are lost.

    Attributes:
        samples: uint8.
        lost: why, for each lost base tile.
        doubt: why no sample of it is certain; empty if every sample out of reach of a lost tile is what was encoded.
        tiling: of the base layer.
        scale: of the base layer.
        coder: of the base layer.
    """

    samples: Samples
    lost: dict[int, str]
    doubt: str
    tiling: Tiling
    scale: int
    coder: BaseCoder

    def lost_under(self, area: Area) -> list[int]:
        """Return the lost base tiles that the samples of `area` depend on, through the receptive field."""
        H, W, _ = self.samples.shape
        needed = self.tiling.touched(self.coder.reach(needed_for(area, self.scale, H, W)))
        return sorted(set(needed) & self.lost.keys())

    def area(self, number: int) -> Area:
        """Return the samples of the picture that base tile `number` covers."""
        rows, columns = (
            slice(side.start << self.scale, min(side.stop << self.scale, size))
            for side, size in zip(self.tiling.areas[number], self.samples.shape, strict=False)
        )
        return rows, columns


def restore_preview(left: Survivors) -> Preview:
    """Decode the base tiles that are whole.

    Raises:
        CorruptFileError: there is none.
        UnsupportedError: the samples or models are not for this version, or the picture has no preview.
    """
    require_preview(left.picture)
    if Layers.BASE in left.lost_layers:
        reason = left.lost_layers[Layers.BASE]
        raise CorruptFileError(f"the base layer is lost, so nothing can be salvaged: {reason}")
    layer = base_layer(left.picture)
    loaded = load_base(only_model(layer))
    lost = {number: reason for (which, number), reason in left.lost_tiles.items() if which is Layers.BASE}
    strangers = _undecodable(left.picture)
    lost |= strangers
    if len(lost) == len(layer.tiles):
        raise CorruptFileError(f"no tile of the preview is left, so nothing can be salvaged: {left.fault}")
    samples, doubt = _decoded(_without(left.picture, strangers))
    if strangers:  # damage breaks digests: somebody put them there, and whatever else
        doubt = "a tile of the preview with a good digest is no tile, so none can be relied on"
    header = left.picture.header
    whole = enlarged(samples, layer.scale, header.height, header.width)
    return Preview(whole, lost, doubt, base_tiling(left.picture), layer.scale, loaded.coder)


def _decoded(picture: Picture) -> tuple[Samples, str]:
    """Return the base picture, and why it is not certain."""
    layer, samples = base_layer(picture), base_samples(picture)
    if layer.arrived == 1 and container.hash_samples(samples) != layer.sample_hash:
        return samples, "the preview is not the one that was encoded: its hash differs from the file's"
    return samples, ""


def _undecodable(picture: Picture) -> dict[int, str]:
    """Return the tiles that are whole by their digest and yet no tiles, with what is wrong."""
    layer, wrong = base_layer(picture), {}
    loaded = load_base(only_model(layer))
    for number, (tile, area) in enumerate(zip(layer.tiles, base_tiling(picture).areas, strict=True)):
        try:
            if tile.payload is not None:
                loaded.coder.check_tile(layer.common, tile.payload, area, loaded.model)
        except CorruptFileError as error:
            wrong[number] = str(error)
    return wrong


def _without(picture: Picture, numbers: dict[int, str]) -> Picture:
    layer = base_layer(picture)
    tiles = (tile._replace(payload=None) if n in numbers else tile for n, tile in enumerate(layer.tiles))
    return replace(picture, base=replace(layer, tiles=tuple(tiles)))

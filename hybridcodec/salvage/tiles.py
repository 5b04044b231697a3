"""The exact tiles that are left of a damaged picture: what each depends on, and what of that is whole.

A tile that is coded above the base picture depends on that picture in its area, and so on every base tile within the
generator's receptive field. In a picture that depends on the one before, a tile depends on that one's samples in its
area. Any other tile (wide, page, index, stored) depends on nothing but its payload.
"""

from dataclasses import dataclass

import numpy as np
from hybridcodec_container import Layers
from numpy.typing import NDArray

from hybridcodec.arguments import Progress
from hybridcodec.errors import CorruptFileError
from hybridcodec.image import Samples
from hybridcodec.layers import flat, quantiser_of, residual_layer, residual_models
from hybridcodec.machine.host import thread_limit
from hybridcodec.machine.threads import side_by_side
from hybridcodec.salvage.preview import Preview
from hybridcodec.salvage.survivors import Survivors
from hybridcodec.tiling import Area

NO_TILE = "whole, but its bytes are no tile"


@dataclass(frozen=True)
class Reference:
    """What is left of the picture that another depends on.

    Attributes:
        samples: (H, W, C); None where nothing is.
        exact: bool (H, W), whether they are what was encoded.
        reason: what is said where they are not.
    """

    samples: Samples | None
    exact: NDArray[np.bool_] | None
    reason: str

    def obstacle(self, area: Area) -> str:
        """Say why samples of an area that depend on these cannot be had; empty if nothing stands in the way."""
        return "" if self.exact is not None and self.exact[area].all() else self.reason


@dataclass(frozen=True)
class Below:
    """What the tiles of a picture stand on; `preview` and `reference` are None where they need none or it is lost."""

    left: Survivors
    preview: Preview | None
    reference: Reference | None

    def base(self, area: Area) -> Samples:
        """Return the base picture of an area, uint8 (h, w, C): the preview, or what stands for one that never was."""
        if self.preview is not None:
            return self.preview.samples[area]
        rows, columns = area
        return flat(rows.stop - rows.start, columns.stop - columns.start, self.left.picture.header.channels)

    def obstacle(self, number: int, area: Area) -> str:
        """Say why a residual tile cannot be decoded; empty if nothing stands in its way."""
        from hybridcodec.residual import coder_of

        if (Layers.RESIDUAL, number) in self.left.lost_tiles:
            return self.left.lost_tiles[Layers.RESIDUAL, number]
        coder = coder_of(residual_layer(self.left.picture).tiles[number].coder)
        if coder.needs_base and (reason := self._preview_lacks(area)):
            return reason
        return self.reference.obstacle(area) if self.reference else ""

    def _preview_lacks(self, area: Area) -> str:
        if self.preview is None:
            reason = "whole, but made for a preview of which nothing is left"
            return reason if self.left.preview_is_of_samples else ""
        if self.preview.doubt:
            return self.preview.doubt
        lost = self.preview.lost_under(area)
        return f"whole, but made for a preview that needs lost base tiles: {', '.join(map(str, lost))}" if lost else ""


def any_alone(left: Survivors) -> bool:
    """Tell whether a residual tile is left that needs no base picture."""
    from hybridcodec.residual import coder_of

    layer = left.picture.residual
    tiles = [tile for tile in layer.tiles if tile.payload is not None] if layer else []
    return any(not coder_of(tile.coder).needs_base for tile in tiles)


def decode_tiles(samples: Samples, areas: tuple[Area, ...], below: Below, progress: Progress) -> list[str]:
    """Write every tile that can be decoded into `samples`; return the reason why not, or nothing, for each."""
    from hybridcodec.residual import CodedTile, Ground, decode_tile

    picture = below.left.picture
    layer = residual_layer(picture)
    tiles, quantiser = layer.tiles, quantiser_of(below.left.kind, picture.header.max_error, layer.common)
    models, done = residual_models(picture), []

    def decode(number: int) -> str:
        tile, area = tiles[number], areas[number]
        obstacle = below.obstacle(number, area)
        if obstacle or tile.payload is None:
            return obstacle
        before = below.reference.samples if below.reference else None
        reference = None if before is None else before[area]
        ground = Ground(picture.header.channels, quantiser, below.base(area), reference=reference)
        try:
            coded = CodedTile(tile.coder, tile.payload)
            samples[area] = decode_tile(coded, ground, models, *samples[area].shape[:2])
        except CorruptFileError:
            return NO_TILE
        done.append(number)
        if progress is not None:
            progress(len(done) / len(areas))
        return ""

    return side_by_side(decode, range(len(areas)), thread_limit())

"""The base picture of a damaged file: what it is made of, what of it is lost, and how far a lost tile reaches."""

from __future__ import annotations

from dataclasses import dataclass
from itertools import product
from typing import TYPE_CHECKING

import hybridcodec_container as container
from hybridcodec_container import Box, Header, Kind, TileGrid

from hybridcodec.codec import base_model, require_plain
from hybridcodec.errors import CorruptFileError
from hybridcodec.image import Samples
from hybridcodec.salvage.survivors import Survivors

if TYPE_CHECKING:
    from hybridcodec.base import BaseModel


@dataclass(frozen=True)
class Preview:
    """A base picture (H, W, C), flat where tiles are lost.

    Attributes:
        samples: uint8.
        lost: why, for each lost base tile.
        doubt: why no sample of it is certain; empty if every sample out of reach of a lost tile is what was encoded.
        grid: of the base tiles.
    """

    samples: Samples
    lost: dict[int, str]
    doubt: str
    grid: TileGrid

    def lost_under(self, box: Box) -> list[int]:
        """Return the lost base tiles that the samples of `box` depend on, through the generator's receptive field."""
        rows = _reach(box.top, box.height, self.grid.tile_height, self.grid.down)
        columns = _reach(box.left, box.width, self.grid.tile_width, self.grid.across)
        needed = {row * self.grid.across + column for row, column in product(rows, columns)}
        return sorted(needed & self.lost.keys())


def restore_preview(left: Survivors) -> Preview:
    """Decode the base tiles that are whole.

    Raises:
        CorruptFileError: there is none.
        UnsupportedError: the samples or models are not for this version.
    """
    from hybridcodec.base import decode_base

    header = left.header
    require_plain(header)
    model = base_model(header.base_model)
    lost = {number: reason for (kind, number), reason in left.reasons.items() if kind is Kind.BASE}
    strangers = _undecodable(left, model)
    lost |= strangers
    if len(lost) == len(left.base):
        raise CorruptFileError(f"no tile of the preview is left, so nothing can be salvaged: {left.fault}")
    samples = decode_base(
        bytes(header.channels) if left.common is None else left.common,
        [None if number in lost else payload for number, payload in enumerate(left.base)],
        header.height,
        header.width,
        header.channels,
        model,
        tile=header.base_tile_width,
    )
    doubt = _doubt(left, samples, header, complete=not lost)
    if strangers:  # damage breaks digests: somebody put them there, and whatever else
        doubt = "a tile of the preview with a good digest is no tile, so none can be relied on"
    return Preview(samples, lost, doubt, header.base_tiles)


def _undecodable(left: Survivors, model: BaseModel) -> dict[int, str]:
    """Return the tiles that are whole by their digest and yet no tiles, with what is wrong."""
    from hybridcodec.base.hyperprior.geometry import TileGrid as LatentGrid
    from hybridcodec.base.hyperprior.latents import decode_tile

    header, wrong = left.header, {}
    areas = LatentGrid(header.height, header.width, header.base_tile_width).tiles
    for number, (payload, (rows, columns)) in enumerate(zip(left.base, areas, strict=True)):
        try:
            if payload is not None:
                decode_tile(payload, rows.stop - rows.start, columns.stop - columns.start, model)
        except CorruptFileError as error:
            wrong[number] = str(error)
    return wrong


def _doubt(left: Survivors, samples: Samples, header: Header, *, complete: bool) -> str:
    if left.common is None:
        return "the chunk BCOM is lost, so the colours of the preview are not certain"
    if complete and container.hash_samples(samples) != header.base_hash:
        return "the preview is not the one that was encoded: its hash differs from the file's"
    return ""


def _reach(start: int, length: int, edge: int, count: int) -> range:
    """Return the numbers of the tiles along one side that pixels `start` to `start + length` depend on."""
    from hybridcodec.base.hyperprior.schema import MARGIN, STRIDE

    first = (start // STRIDE - MARGIN) * STRIDE
    last = (-(-(start + length) // STRIDE) + MARGIN) * STRIDE - 1
    return range(max(first // edge, 0), min(last // edge + 1, count))

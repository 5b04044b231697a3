"""Display layers of files: a picture for the eye, made of what the base layer holds; see `layers` for the others."""

from __future__ import annotations

from typing import TYPE_CHECKING

import hybridcodec_container as container
import numpy as np
from hybridcodec_container import Picture
from numpy.typing import NDArray

from hybridcodec.errors import CorruptFileError, UnsupportedError
from hybridcodec.kinds import Samples
from hybridcodec.layers import (
    EncodedBase,
    base_layer,
    base_tiling,
    checked_samples,
    encode_base_layer,
    made_layer,
    only_model,
    require_hash,
    require_known_tiles,
)
from hybridcodec.machine.threads import Progress
from hybridcodec.modes import Backend
from hybridcodec.tiling import Area, Tiling

if TYPE_CHECKING:
    from hybridcodec.base import Rate
    from hybridcodec.generative.coder import Beneath
    from hybridcodec.loading import Decoders, LoadedDisplay

U8 = NDArray[np.uint8]


def encode_displayed(shown: U8, progress: Progress = None, rate: Rate | None = None) -> EncodedBase:
    """Return the base layer of uint8 (h, w, C) with the display layer that the default model makes above it.

    Where that model does not stand above the default base layer, there is no display layer.
    """
    from hybridcodec.base import Rate
    from hybridcodec.generative.coder import Base
    from hybridcodec.loading import DECODERS, load_analysis
    from hybridcodec.models import DEFAULT_BASE, DEFAULT_DISPLAY

    below, head = DECODERS.base(DEFAULT_BASE), DECODERS.display(DEFAULT_DISPLAY)
    if head.coder.above != below.coder.architecture:
        return encode_base_layer(shown, 0, progress, rate)
    h, w, _ = shown.shape
    tiling = Tiling(h, w, *below.coder.choose_tile(h, w))
    base = Base(below.model, load_analysis(DEFAULT_BASE), tiling, rate or Rate())
    hashers = [container.SampleHasher(shown.shape, shown.dtype) for _ in range(2)]
    payload, common = head.coder.encode(shown, base, head.model, (hashers[0].add, hashers[1].add), progress)
    layer = made_layer(payload, below.coder.number, tiling, 0, hashers[0].digest())
    return EncodedBase(layer, display=display_layer(0, hashers[1].digest(), common))


def display_layer(scale: int, sample_hash: bytes, common: bytes) -> container.Layer:
    """Return a display layer of the default model: it has no tiles of its own."""
    from hybridcodec.models import DEFAULT_DISPLAY

    return container.Layer(
        tile_width=0,
        tile_height=0,
        scale=scale,
        models=(bytes.fromhex(DEFAULT_DISPLAY),),
        sample_hash=sample_hash,
        common=common,
        tiles=(),
    )


def decode_display(
    picture: Picture,
    progress: Progress = None,
    backend: Backend = Backend.COMPILED,
    decoders: Decoders | None = None,
    *,
    with_base: bool = False,
    area: Area | None = None,
) -> Samples:
    """Return the display picture (h, w, C), compared with its hash; all of its base layer must be here.

    `with_base` compares the base picture with its hash too, which is made on the way; it comes first. Of an `area`,
    only its samples: then the base tiles that `display_reach` names must be here, and nothing is compared.

    Raises:
        CorruptFileError, UnsupportedError, MismatchError: as `codec.decode` does.
    """
    from hybridcodec.loading import DECODERS

    decoders = decoders or DECODERS
    layer, base, head = _display_of(picture, decoders)
    channels, tiling = container.base_channels(picture.header.roles), base_tiling(picture)
    beneath = _beneath(base, channels, tiling, decoders)
    hasher = container.SampleHasher((tiling.height, tiling.width, channels), np.dtype(np.uint8))
    rows = hasher.add if with_base else None
    found = head.coder.decode(layer.common, beneath, head.model, progress, backend, rows, area)
    if with_base:
        require_hash(hasher.digest(), base.sample_hash, "preview")
    return found if area is not None else checked_samples(found, layer.sample_hash, "display picture")


def display_reach(picture: Picture, area: Area) -> Area:
    """Return the rows and columns whose base tiles an area of the display picture depends on; raises as it does."""
    from hybridcodec.loading import DECODERS

    return _display_of(picture, DECODERS)[2].coder.reach(area)


def _display_of(picture: Picture, decoders: Decoders) -> tuple[container.Layer, container.Layer, LoadedDisplay]:
    """Return the display layer, the base layer beneath it, and what decodes it."""
    layer, base = picture.display, base_layer(picture)
    if layer is None:
        raise CorruptFileError("the display layer is missing")
    if layer.tiles or layer.scale != base.scale:
        raise UnsupportedError("a display layer with tiles or of another scale than its base needs a later version")
    head = decoders.display(only_model(layer))
    if not _stands_above(head, base, decoders):
        raise CorruptFileError(f"a {head.coder.name} does not stand above the base layer of this file")
    return layer, base, head


def knows_display(picture: Picture) -> bool:
    """Tell whether a picture has a display layer that this version can make: the models that it names are known."""
    from hybridcodec.models import is_shipped

    layer = picture.display
    return layer is not None and not layer.tiles and all(is_shipped(model.hex()) for model in layer.models)


def _stands_above(head: LoadedDisplay, base: container.Layer, decoders: Decoders) -> bool:
    return head.coder.above == decoders.base(only_model(base)).coder.architecture


def _beneath(base: container.Layer, channels: int, tiling: Tiling, decoders: Decoders) -> Beneath:
    """Return the base layer as a display coder knows it."""
    from hybridcodec.generative.coder import Beneath

    below = decoders.base(only_model(base))
    require_known_tiles(base, below)
    return Beneath(below.model, base.common, [tile.payload for tile in base.tiles], channels, tiling)

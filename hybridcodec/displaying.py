"""Display layers of files: a picture for the eye, made of what the base layer holds; see `layers` for the others."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

import hybridcodec_container as container
import numpy as np
from hybridcodec_container import Picture
from numpy.typing import NDArray

from hybridcodec.errors import CorruptFileError, UnsupportedError
from hybridcodec.kinds import Samples
from hybridcodec.layers import EncodedBase, base_layer, base_tiling, checked_samples, only_model
from hybridcodec.machine.threads import Progress
from hybridcodec.modes import Backend
from hybridcodec.tiling import Tiling

if TYPE_CHECKING:
    from hybridcodec.generative.coder import Beneath
    from hybridcodec.loading import Decoders, LoadedDisplay

U8 = NDArray[np.uint8]


def with_display(base: EncodedBase, shown: U8, progress: Progress = None) -> EncodedBase:
    """Return a base layer with the display layer that the default model makes of it; `shown` is what it was made of.

    A base layer above which that model does not stand comes back as it is.
    """
    from hybridcodec.loading import DECODERS
    from hybridcodec.models import DEFAULT_DISPLAY

    layer, (h, w, channels) = base.layer, shown.shape
    tiling = Tiling(h, w, layer.tile_height, layer.tile_width)
    head = DECODERS.display(DEFAULT_DISPLAY)
    if not _stands_above(head, layer, DECODERS):
        return base
    beneath = _beneath(layer, channels, tiling, DECODERS)
    common, samples = head.coder.encode(shown, beneath, head.model, progress)
    return replace(base, display=display_layer(layer.scale, container.hash_samples(samples), common))


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
) -> Samples:
    """Return the display picture (h, w, C), compared with its hash; all of its base layer must be here.

    Raises:
        CorruptFileError, UnsupportedError, MismatchError: as `codec.decode` does.
    """
    from hybridcodec.loading import DECODERS

    layer, base = picture.display, base_layer(picture)
    if layer is None:
        raise CorruptFileError("the display layer is missing")
    if layer.tiles or layer.scale != base.scale:
        raise UnsupportedError("a display layer with tiles or of another scale than its base needs a later version")
    channels = container.base_channels(picture.header.roles)
    decoders = decoders or DECODERS
    head = decoders.display(only_model(layer))
    if not _stands_above(head, base, decoders):
        raise CorruptFileError(f"a {head.coder.name} does not stand above the base layer of this file")
    beneath = _beneath(base, channels, base_tiling(picture), decoders)
    found = head.coder.decode(layer.common, beneath, head.model, progress, backend)
    return checked_samples(found, layer.sample_hash, "display picture")


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
    return Beneath(below.model, base.common, [tile.payload for tile in base.tiles], channels, tiling)

"""Layers of a file to arrays and back: which tiles, which model, which coder; `codec` tells the story around it.

A layer names its models by hash and each of its tiles by the number of a coder; `loading` and the coders do the rest.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

import hybridcodec_container as container
import numpy as np
from hybridcodec_container import Layers, Picture, Tile

from hybridcodec.errors import CorruptFileError, MismatchError, UnsupportedError
from hybridcodec.fidelity import Fidelity
from hybridcodec.image import Samples
from hybridcodec.machine.threads import Progress
from hybridcodec.scaling import enlarged, scaled_size
from hybridcodec.tiling import Tiling

if TYPE_CHECKING:
    from hybridcodec.residual import CodedTile

NO_PREVIEW: Final = 128
"""Sample below the residual of a picture that has no base layer."""


@dataclass(frozen=True)
class EncodedBase:
    """A base layer, and the picture that it decodes to: uint8 (H, W, C)."""

    layer: container.Layer
    picture: Samples


def encode_base_layer(picture: Samples, progress: Progress) -> EncodedBase:
    """Return the base layer of samples (H, W, C) with the default model."""
    from hybridcodec.loading import load_analysis, load_base
    from hybridcodec.models import DEFAULT_BASE

    H, W, _ = picture.shape
    loaded = load_base(DEFAULT_BASE)
    tiling = Tiling(H, W, *loaded.coder.choose_tile(H, W))
    payload, base = loaded.coder.encode(picture, loaded.model, load_analysis(DEFAULT_BASE), tiling, progress)
    layer = container.Layer(
        tile_width=tiling.tile_width,
        tile_height=tiling.tile_height,
        models=(bytes.fromhex(DEFAULT_BASE),),
        sample_hash=container.hash_samples(base),
        common=payload.common,
        tiles=tuple(Tile.of(loaded.coder.number, tile) for tile in payload.tiles),
    )
    return EncodedBase(layer, base)


def encode_residual_layer(picture: Samples, base: Samples, fidelity: Fidelity, progress: Progress) -> container.Layer:
    """Return the residual layer of samples (H, W, C) above their base picture, with the default model."""
    from hybridcodec.loading import load_residual
    from hybridcodec.models import DEFAULT_RESIDUAL, architecture_of
    from hybridcodec.residual import Ground, Quantiser, coder_for, encode_residual

    H, W, _ = picture.shape
    coder, quantiser = coder_for(architecture_of(DEFAULT_RESIDUAL)), Quantiser(fidelity.max_error)
    tiling = Tiling(H, W, *coder.choose_tile(H, W))
    below = Ground(picture.shape[2], quantiser, base, load_residual(DEFAULT_RESIDUAL))
    tiles = encode_residual(picture, below, coder, tiling, progress)
    return container.Layer(
        tile_width=tiling.tile_width,
        tile_height=tiling.tile_height,
        models=(bytes.fromhex(DEFAULT_RESIDUAL),),
        sample_hash=container.hash_samples(quantiser.samples(quantiser.values(picture))),
        tiles=tuple(Tile.of(tile.coder, tile.payload) for tile in tiles),
    )


def base_layer(picture: Picture) -> container.Layer:
    """Return the base layer of a picture, which has arrived; raises CorruptFileError where it has not."""
    if picture.base is None:
        raise CorruptFileError("the base layer is missing")
    return picture.base


def decode_base(picture: Picture, progress: Progress = None) -> Samples:
    """Return the base picture (h, w, C), compared with its hash if all of it is here.

    Raises:
        CorruptFileError, UnsupportedError, MismatchError: as `codec.decode` does.
    """
    layer, samples = base_layer(picture), base_samples(picture, progress)
    return _checked(samples, layer.sample_hash, "preview") if layer.arrived == 1 else samples


def base_samples(picture: Picture, progress: Progress = None) -> Samples:
    """Return what the base tiles that are here decode to, compared with nothing; raises as `decode_base`."""
    from hybridcodec.loading import load_base

    layer = base_layer(picture)
    loaded = load_base(only_model(layer))
    strangers = {tile.coder for tile in layer.tiles} - {loaded.coder.number}
    if strangers:
        raise CorruptFileError(f"base tiles of coder {min(strangers)} do not fit a model for {loaded.coder.name}")
    payloads = [tile.payload for tile in layer.tiles]
    tiling, channels = base_tiling(picture), picture.header.channels
    return loaded.coder.decode(layer.common, payloads, channels, loaded.model, tiling, progress)


def base_tiling(picture: Picture) -> Tiling:
    """Return the tiles of the base layer, over the base picture."""
    header, layer = picture.header, base_layer(picture)
    return Tiling(*scaled_size(header.height, header.width, layer.scale), layer.tile_height, layer.tile_width)


def residual_tiling(picture: Picture) -> Tiling:
    """Return the tiles of the residual layer."""
    header, layer = picture.header, residual_layer(picture)
    return Tiling(header.height, header.width, layer.tile_height, layer.tile_width)


def ground(picture: Picture, progress: Progress = None) -> Samples:
    """Return what the residual layer is coded above, (H, W, C): the base picture in the size of the picture.

    Raises:
        CorruptFileError, UnsupportedError, MismatchError: as `codec.decode` does.
    """
    header = picture.header
    if not header.layers & Layers.BASE:
        return np.full((header.height, header.width, header.channels), NO_PREVIEW, np.uint8)
    base = decode_base(picture, progress)
    return enlarged(base, base_layer(picture).scale, header.height, header.width)


def require_room(picture: Picture) -> None:
    """Refuse residual tiles that cannot be those of this picture, before the preview is decoded for nothing."""
    from hybridcodec import residual

    residual.require_room(coded_tiles(picture), picture.header.channels, residual_tiling(picture))


def decode_residual_layer(picture: Picture, below: Samples, progress: Progress) -> Samples:
    """Return the exact layer (H, W, C), compared with its hash; `below`, from `ground`, is overwritten.

    Raises:
        CorruptFileError, UnsupportedError, MismatchError: as `codec.decode` does.
    """
    from hybridcodec.residual import Ground, Quantiser, decode_residual

    layer = residual_layer(picture)
    samples = decode_residual(
        coded_tiles(picture),
        Ground(picture.header.channels, Quantiser(picture.header.max_error), below),
        residual_models(picture),
        residual_tiling(picture),
        in_place=True,
        progress=progress,
    )
    return _checked(samples, layer.sample_hash, "picture")


def residual_layer(picture: Picture) -> container.Layer:
    """Return the residual layer of a picture, which has arrived; raises CorruptFileError where it has not."""
    if picture.residual is None:
        raise CorruptFileError("the residual layer is missing")
    return picture.residual


def residual_models(picture: Picture) -> Mapping[str, Any]:
    """Return the models of the residual layer by architecture.

    Raises:
        ModelError: one is not here.
        UnsupportedError: the models are not all that the tiles need: the layer has a common payload.
    """
    from hybridcodec.loading import load_residual_models

    layer = residual_layer(picture)
    if layer.common:
        raise UnsupportedError(f"a residual layer with {len(layer.common)} common bytes needs a later version")
    return load_residual_models(tuple(model.hex() for model in layer.models))


def coded_tiles(picture: Picture) -> list[CodedTile | None]:
    """Return the residual tiles as their coders know them; None where one is absent on purpose, or not here."""
    from hybridcodec.residual import CodedTile

    tiles = residual_layer(picture).tiles
    return [None if tile.payload is None else CodedTile(tile.coder, tile.payload) for tile in tiles]


def only_model(layer: container.Layer) -> str:
    """Return the SHA-256, hexadecimal, of the one model of a base layer; raises CorruptFileError for another number."""
    if len(layer.models) != 1:
        raise CorruptFileError(f"the base layer needs one model, found {len(layer.models)}")
    return layer.models[0].hex()


def _checked(samples: Samples, expected: bytes, name: str) -> Samples:
    if container.hash_samples(samples) != expected:
        raise MismatchError(f"the decoded {name} is not the one that was encoded; its hash differs from the file's")
    return samples

"""Layers of a file to arrays and back: which tiles, which model, which coder; `codec` tells the story around it.

A layer names its models by hash and each of its tiles by the number of a coder; `loading` and the coders do the rest.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any, Final

import hybridcodec_container as container
import numpy as np
from hybridcodec_container import Layers, Picture, SampleFormat, Tile, Tone
from numpy.typing import NDArray

from hybridcodec.errors import CorruptFileError, MismatchError
from hybridcodec.kinds import SampleKind, Samples
from hybridcodec.machine.threads import Progress
from hybridcodec.modes import Backend, Effort
from hybridcodec.scaling import scaled_size
from hybridcodec.tiling import Area, Tiling, size_of

if TYPE_CHECKING:
    from hybridcodec.base import BasePayload, Rate
    from hybridcodec.loading import Decoders, Loaded
    from hybridcodec.residual import CodedTile, Ground, Quantiser, TileCoder

NO_PREVIEW: Final = 128
"""Sample below the residual of a picture that has no base layer."""
CHUNK_BYTES: Final = 24
LAYER_BYTES: Final = 42

U8 = NDArray[np.uint8]


@dataclass(frozen=True)
class EncodedBase:
    """A base layer, the picture that it decodes to, uint8 (h, w, C), if it is held, and the display layer, if any."""

    layer: container.Layer
    picture: U8 | None = None
    display: container.Layer | None = None


@dataclass(frozen=True)
class EncodedExact:
    """A residual layer, the samples (H, W, C) that it decodes to, and whether a tile was coded by similar places."""

    layer: container.Layer
    samples: Samples
    matching_used: bool


def encode_base_layer(shown: U8, scale: int = 0, progress: Progress = None, rate: Rate | None = None) -> EncodedBase:
    """Return the base layer of scale `scale` that holds uint8 (h, w, C), C being 1 or 3, by the default model.

    Without a rate it has the one for which files with an exact layer are about smallest.
    """
    from hybridcodec.base import Rate
    from hybridcodec.loading import load_analysis, load_base
    from hybridcodec.models import DEFAULT_BASE

    h, w, _ = shown.shape
    loaded = load_base(DEFAULT_BASE)
    tiling = Tiling(h, w, *loaded.coder.choose_tile(h, w))
    analysis = load_analysis(DEFAULT_BASE)
    payload, base = loaded.coder.encode(shown, loaded.model, analysis, tiling, rate or Rate(), progress)
    return EncodedBase(made_layer(payload, loaded.coder.number, tiling, scale, container.hash_samples(base)), base)


def made_layer(payload: BasePayload, number: int, tiling: Tiling, scale: int, sample_hash: bytes) -> container.Layer:
    """Return the base layer that holds payloads of the default model, of the coder with this number."""
    from hybridcodec.models import DEFAULT_BASE

    return container.Layer(
        tile_width=tiling.tile_width,
        tile_height=tiling.tile_height,
        scale=scale,
        models=(bytes.fromhex(DEFAULT_BASE),),
        sample_hash=sample_hash,
        common=payload.common,
        tiles=tuple(Tile.of(number, tile) for tile in payload.tiles),
    )


def stand_in(h: int, w: int, channels: int, size: int) -> container.Layer:
    """Return a base layer to look at that decodes to nothing, its tiles of `size` bytes in all: to measure a file."""
    from hybridcodec.loading import load_base
    from hybridcodec.models import DEFAULT_BASE

    coder = load_base(DEFAULT_BASE).coder
    tiling = Tiling(h, w, *coder.choose_tile(h, w))
    tile = Tile.of(coder.number, bytes(max(size // len(tiling.areas), 1)))
    return container.Layer(
        tile_width=tiling.tile_width,
        tile_height=tiling.tile_height,
        models=(bytes.fromhex(DEFAULT_BASE),),
        sample_hash=bytes(range(32)),
        common=bytes(channels + 2),
        tiles=(tile,) * len(tiling.areas),
    )


def encode_residual_layer(
    samples: Samples, ground: Ground, coder: TileCoder, progress: Progress = None, effort: Effort = Effort.NORMAL
) -> EncodedExact:
    """Return the residual layer of samples (H, W, C) by one coder, with the model of this effort where it has any."""
    from hybridcodec.loading import load_residual
    from hybridcodec.models import residual_for
    from hybridcodec.residual import encode_residual

    H, W, _ = samples.shape
    tiling = Tiling(H, W, *coder.choose_tile(H, W, effort))
    models = (residual_for(coder.architecture, effort),) if coder.architecture else ()
    above = replace(ground, model=load_residual(*models)) if models else ground
    tiles = encode_residual(samples, above, coder, tiling, progress)
    exact = ground.quantiser.rounded(samples)
    layer = container.Layer(
        tile_width=tiling.tile_width,
        tile_height=tiling.tile_height,
        models=tuple(map(bytes.fromhex, models)),
        sample_hash=container.hash_samples(exact),
        common=ground.quantiser.occurring.pack() if ground.quantiser.occurring else b"",
        tiles=tuple(Tile.of(tile.coder, tile.payload) for tile in tiles),
    )
    return EncodedExact(layer, exact, any(coder.uses_matching(tile.payload) for tile in tiles))


def quantiser_of(kind: SampleKind, max_error: int, common: bytes = b"") -> Quantiser:
    """Return the quantiser of a picture's samples; `common` is the common payload of its residual layer.

    Raises:
        UnsupportedError: that is no list of values.
        CorruptFileError: it is one that cannot be.
    """
    from hybridcodec.residual import Occurring, Quantiser

    plain = Quantiser(max_error, kind.low, kind.high, kind.dtype.str[1:])
    return replace(plain, occurring=Occurring.unpack(common, len(kind.roles), plain.top)) if common else plain


def flat(height: int, width: int, channels: int) -> U8:
    """Return what stands below an exact layer that is coded above a base picture which is not there."""
    return np.full((height, width, channels), NO_PREVIEW, np.uint8)


def base_layer(picture: Picture) -> container.Layer:
    """Return the base layer of a picture, which has arrived; raises CorruptFileError where it has not."""
    if picture.base is None:
        raise CorruptFileError("the base layer is missing")
    return picture.base


def decode_base(
    picture: Picture,
    progress: Progress = None,
    backend: Backend = Backend.COMPILED,
    decoders: Decoders | None = None,
    area: Area | None = None,
) -> Samples:
    """Return the base picture (h, w, C), compared with its hash if all of it is here; `decoders` as in `everything`.

    Of an `area`, only its samples: then the base tiles that they depend on must be here, and nothing is compared.

    Raises:
        CorruptFileError, UnsupportedError, MismatchError: as `codec.decode` does.
    """
    layer, samples = base_layer(picture), base_samples(picture, progress, backend, decoders, area)
    whole = layer.arrived == 1 and area is None
    return checked_samples(samples, layer.sample_hash, "preview") if whole else samples


def base_samples(
    picture: Picture,
    progress: Progress = None,
    backend: Backend = Backend.COMPILED,
    decoders: Decoders | None = None,
    area: Area | None = None,
) -> Samples:
    """Return what the base tiles that are here decode to, compared with nothing; arguments are `decode_base`'s."""
    from hybridcodec.loading import DECODERS

    layer = base_layer(picture)
    loaded = (decoders or DECODERS).base(only_model(layer))
    require_known_tiles(layer, loaded)
    payloads = [tile.payload for tile in layer.tiles]
    tiling, channels = base_tiling(picture), container.base_channels(picture.header.roles)
    return loaded.coder.decode(layer.common, payloads, channels, loaded.model, tiling, progress, backend, area)


def base_reach(picture: Picture, area: Area) -> Area:
    """Return the rows and columns of the base picture whose base tiles an area of it depends on."""
    from hybridcodec.loading import DECODERS

    return DECODERS.base(only_model(base_layer(picture))).coder.reach(area)


def require_known_tiles(layer: container.Layer, loaded: Loaded) -> None:
    """Raise CorruptFileError where tiles of a base layer are of another coder than its model."""
    strangers = {tile.coder for tile in layer.tiles} - {loaded.coder.number}
    if strangers:
        raise CorruptFileError(f"base tiles of coder {min(strangers)} do not fit a model for {loaded.coder.name}")


def base_tiling(picture: Picture) -> Tiling:
    """Return the tiles of the base layer, over the base picture."""
    header, layer = picture.header, base_layer(picture)
    return Tiling(*scaled_size(header.height, header.width, layer.scale), layer.tile_height, layer.tile_width)


def residual_tiling(picture: Picture) -> Tiling:
    """Return the tiles of the residual layer."""
    header, layer = picture.header, residual_layer(picture)
    return Tiling(header.height, header.width, layer.tile_height, layer.tile_width)


def tiles_around(picture: Picture, area: Area | None) -> Area:
    """Return the area of all residual tiles that an area of the picture touches; None stands for all of it."""
    whole = slice(0, picture.header.height), slice(0, picture.header.width)
    return whole if area is None else residual_tiling(picture).around(area)


def _tiling_around(picture: Picture, area: Area | None) -> Tiling:
    height, width = size_of(tiles_around(picture, area))
    return replace(residual_tiling(picture), height=height, width=width)


def stands_on_base(picture: Picture) -> bool:
    """Tell whether residual tiles that need a base picture are coded above that of the base layer, not a flat one."""
    return bool(picture.header.layers & Layers.BASE) and in_units_of_samples(kind_of(picture), picture.tone)


def in_units_of_samples(kind: SampleKind, tone: Tone | None) -> bool:
    """Tell whether a base picture of such samples is of their kind, so that an exact layer can stand above it."""
    return kind.plain and tone is None


def kind_of(picture: Picture) -> SampleKind:
    """Return what the samples of a picture are."""
    header = picture.header
    return SampleKind(header.roles, header.bit_depth, header.sample_format is SampleFormat.SIGNED, picture.palette)


def require_room(picture: Picture, area: Area | None = None) -> None:
    """Refuse residual tiles that cannot be those of this picture, before the preview is decoded for nothing."""
    from hybridcodec import residual

    residual.require_room(coded_tiles(picture, area), picture.header.channels, _tiling_around(picture, area))


def decode_residual_layer(
    picture: Picture,
    on: Ground,
    progress: Progress = None,
    decoders: Decoders | None = None,
    area: Area | None = None,
) -> Samples:
    """Return the exact layer (H, W, C), compared with its hash; `on` is from `ground`, whose arrays may be overwritten.

    Of an `area`, the samples of `tiles_around` it, compared with nothing.

    Raises:
        CorruptFileError, UnsupportedError, MismatchError: as `codec.decode` does.
    """
    from hybridcodec.loading import DECODERS
    from hybridcodec.residual import decode_residual

    decoders = decoders or DECODERS
    layer = residual_layer(picture)
    tiles, models, find = coded_tiles(picture, area), residual_models(picture, decoders), decoders.tile_coder
    tiling = _tiling_around(picture, area)
    samples = decode_residual(tiles, on, models, tiling, in_place=True, progress=progress, find=find)
    return samples if area is not None else checked_samples(samples, layer.sample_hash, "picture")


def residual_layer(picture: Picture) -> container.Layer:
    """Return the residual layer of a picture, which has arrived; raises CorruptFileError where it has not."""
    if picture.residual is None:
        raise CorruptFileError("the residual layer is missing")
    return picture.residual


def residual_models(picture: Picture, decoders: Decoders | None = None) -> Mapping[str, Any]:
    """Return the models of the residual layer by architecture.

    Raises:
        ModelError: one is not here.
    """
    from hybridcodec.loading import DECODERS

    layer = residual_layer(picture)
    return (decoders or DECODERS).residual_models(tuple(model.hex() for model in layer.models))


def coded_tiles(picture: Picture, area: Area | None = None) -> list[CodedTile | None]:
    """Return the residual tiles that an area touches, as their coders know them; None: absent on purpose, or not here.

    Without an area they are all.
    """
    from hybridcodec.residual import CodedTile

    tiles: Sequence[Tile] = residual_layer(picture).tiles
    if area is not None:
        tiles = [tiles[number] for number in residual_tiling(picture).touched(area)]
    return [None if tile.payload is None else CodedTile(tile.coder, tile.payload) for tile in tiles]


def layer_bytes(layer: container.Layer) -> int:
    """Return about how many bytes a layer takes in a file, framing included."""
    frames = sum(CHUNK_BYTES + tile.length for tile in layer.tiles)
    return frames + CHUNK_BYTES + LAYER_BYTES + 32 * len(layer.models) + 3 * len(layer.tiles) + len(layer.common)


def only_model(layer: container.Layer) -> str:
    """Return the SHA-256, hexadecimal, of the one model of a layer; raises CorruptFileError for another number."""
    if len(layer.models) != 1:
        raise CorruptFileError(f"a base or display layer needs one model, found {len(layer.models)}")
    return layer.models[0].hex()


def checked_samples(samples: Samples, expected: bytes, name: str) -> Samples:
    """Return samples whose hash is the one expected; raises MismatchError for others."""
    require_hash(container.hash_samples(samples), expected, name)
    return samples


def require_hash(found: bytes, expected: bytes, name: str) -> None:
    """Raise MismatchError where the hash of decoded samples is not the one expected."""
    if found != expected:
        raise MismatchError(f"the decoded {name} is not the one that was encoded; its hash differs from the file's")

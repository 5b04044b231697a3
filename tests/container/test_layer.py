"""Layers: bytes, contradictions, limits."""

from dataclasses import replace
from typing import Any

import pytest
from hybridcodec_container import (
    ContainerError,
    ContainerMode,
    CorruptError,
    Header,
    Layer,
    Layers,
    LimitExceededError,
    Tile,
    UnsupportedContainerError,
)
from hybridcodec_container.layer import check_layer, pack_layer, unpack_layer
from hybridcodec_container.layout import LAYER, NO_HASH

BASE = (
    "40000000 40000000 00 01" + "62" * 32 + "6d" * 32 + "0001 0501 0a01 0f01 1401 1901" + b"common".hex()
)  # fmt: skip
RESIDUAL = "64000000 64000000 00 02" + "73" * 32 + "72" * 32 + "71" * 32 + "0a02 0a01"


def without_payloads(layer: Layer) -> Layer:
    return replace(layer, tiles=tuple(tile._replace(payload=None) for tile in layer.tiles))


def test_layers_are_these_bytes(header: Header, base: Layer, residual: Layer) -> None:
    for layer, which, literal in ((base, Layers.BASE, BASE), (residual, Layers.RESIDUAL, RESIDUAL)):
        assert pack_layer(layer) == bytes.fromhex(literal)
        assert unpack_layer(bytes.fromhex(literal), header, which) == without_payloads(layer)


def test_scaled_layer_divides_a_smaller_picture(header: Header, base: Layer) -> None:
    scaled = [replace(base, scale=scale).grid(header) for scale in range(4)]
    assert [(grid.width, grid.height, grid.count) for grid in scaled] == [
        (130, 70, 6), (65, 35, 2), (33, 18, 1), (17, 9, 1)
    ]  # fmt: skip


def test_tiles_lie_one_after_another_and_absent_ones_nowhere(base: Layer) -> None:
    tiles = (Tile(), Tile.of(1, b"abc"), Tile(), Tile.of(2, b""), Tile.of(9, b"x"), Tile())
    chunks = list(replace(base, tiles=tiles).locate(b"RESI", 1000))
    assert [(chunk.index, chunk.offset, chunk.length) for chunk in chunks] == [(1, 1000, 3), (3, 1027, 0), (4, 1051, 1)]


def test_arrived_counts_tiles_that_should_be_there(base: Layer) -> None:
    tiles = (Tile(), Tile.of(1, b"abc"), Tile(1, 3), Tile(1, 3), Tile.of(1, b""), Tile())
    assert (base.arrived, replace(base, tiles=tiles).arrived) == (1.0, 0.5)


def record(**values: Any) -> bytes:
    """Return the base layer's payload with fields that need not make sense."""
    fields = LAYER.named(bytes.fromhex(BASE)) | values
    return LAYER.pack(*(fields[name] for name, _ in LAYER.fields)) + bytes.fromhex(BASE)[LAYER.size :]


TABLE = LAYER.size + 32


@pytest.mark.parametrize(
    ("error", "payload"),
    [
        (CorruptError, b""),
        (CorruptError, bytes.fromhex(BASE)[: LAYER.size - 1]),
        (CorruptError, bytes.fromhex(BASE)[: TABLE - 1]),
        (CorruptError, bytes.fromhex(BASE)[: TABLE + 11]),
        (CorruptError, record()[: TABLE + 10] + b"\x80\x01"),
        (CorruptError, record(tile_width=0)),
        (CorruptError, record(tile_width=0, tile_height=0)),
        (CorruptError, record(sample_hash=NO_HASH)),
        (CorruptError, record()[: LAYER.size] + NO_HASH + record()[TABLE:]),
        (CorruptError, record()[:TABLE] + b"\1\0" + record()[TABLE + 2 :]),
        (LimitExceededError, record(scale=4)),
        (LimitExceededError, record(models=9)),
        (LimitExceededError, record(tile_width=1 << 25, tile_height=64)),
        (LimitExceededError, record(tile_width=2**31, tile_height=2**31)),
        (UnsupportedContainerError, record()[:TABLE] + b"\0\0" + record()[TABLE + 2 :]),
    ],
)
def test_bad_layers_are_refused(header: Header, error: type[ContainerError], payload: bytes) -> None:
    with pytest.raises(error) as caught:
        unpack_layer(payload, header, Layers.BASE)
    assert type(caught.value) is error


def test_too_many_tiles_are_refused_before_the_table_is_read(header: Header) -> None:
    large = replace(header, width=1024, height=1024)
    with pytest.raises(LimitExceededError, match="tiles"):
        unpack_layer(record(tile_width=1, tile_height=1), large, Layers.BASE)


@pytest.mark.parametrize(
    ("which", "mode", "changes", "message"),
    [
        (Layers.RESIDUAL, ContainerMode.LOSSLESS, {"scale": 1, "tile_width": 50}, "scale of the picture"),
        (Layers.RESIDUAL, ContainerMode.LOSSLESS, {"tiles": (Tile(), Tile.of(1, b""))}, "1 absent residual tiles"),
        (Layers.RESIDUAL, ContainerMode.GUARDED, {}, "0 absent residual tiles"),
        (Layers.RESIDUAL, ContainerMode.LOSSLESS, {"sample_hash": b"t" * 32}, "two hashes differ"),
        (Layers.RESIDUAL, ContainerMode.LOSSLESS, {"tiles": (Tile.of(1, b""),) * 3}, "2 residual tiles needed"),
        (Layers.DISPLAY, ContainerMode.LOSSLESS, {"tiles": (Tile(), Tile())}, "absent display tiles"),
        (Layers.BASE, ContainerMode.LOSSLESS, {"tile_width": 0, "tile_height": 0, "tiles": ()}, "needs tiles"),
    ],
)
def test_layer_that_does_not_fit_its_picture_is_refused(
    header: Header, residual: Layer, which: Layers, mode: ContainerMode, changes: dict[str, Any], message: str
) -> None:
    with pytest.raises(ContainerError, match=message):
        check_layer(replace(residual, **changes), replace(header, mode=mode), which)


def test_display_layer_may_have_no_tiles(header: Header, base: Layer) -> None:
    display = replace(base, tile_width=0, tile_height=0, tiles=())
    assert unpack_layer(pack_layer(display), header, Layers.DISPLAY) == display


@pytest.mark.parametrize(
    "tile", [Tile(0, 1), Tile(0, 0, b""), Tile(1, 2, b"abc"), Tile(256, 0, b""), Tile(-1, 0, b""), Tile(1, -1)]
)
def test_tiles_that_contradict_themselves_are_refused(base: Layer, tile: Tile) -> None:
    with pytest.raises(ContainerError):
        replace(base, tiles=(tile,) * 6)


def test_a_caller_who_contradicts_himself_is_not_told_of_a_corrupt_file(base: Layer) -> None:
    with pytest.raises(ContainerError, match="together") as caught:
        replace(base, tile_width=0)
    assert type(caught.value) is ContainerError
    with pytest.raises(LimitExceededError, match="models"):
        replace(base, models=(b"m" * 32,) * 9)

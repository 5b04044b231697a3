"""The order of chunks."""

from dataclasses import replace

import pytest
from hybridcodec_container import (
    INDEXED,
    ContainerMode,
    CorruptError,
    Header,
    Layer,
    Layers,
    LimitExceededError,
    Piece,
    Recipe,
    Tile,
    UnsupportedContainerError,
    layout,
)
from hybridcodec_container.chunks import Chunk
from hybridcodec_container.index import AlbumEntry, AlbumIndex
from hybridcodec_container.order import Order

BASE = ["BLYR", "BASE0", "BASE1"]
RESIDUAL = ["RLYR", "RESI0", "RESI2"]
EMPTY = Tile.of(1, b"")
LAYERS = {"BLYR": (EMPTY, EMPTY), "RLYR": (EMPTY, Tile(), EMPTY), "dlyr": (EMPTY,)}
RECIPE = Recipe(layout.MAX_LITERALS_BYTES + 1, b"h" * 32, (Piece.literal(layout.MAX_LITERALS_BYTES + 1),))


def run(headers: list[Header], names: list[str], *, length: int = 0, order: Order | None = None) -> list[int]:
    """Accept chunks named by kind and index, all of the same length; return their owners."""
    order, rest, owners = order or Order.of_file(), list(headers), []
    layer = Layer(tile_width=1, tile_height=1, models=(), sample_hash=b"h" * 32, tiles=(EMPTY,))
    entries = tuple(AlbumEntry(0, 0, bytes(16)) for _ in headers)
    for name in names:
        owners.append(order.accept(Chunk(name[:4].encode(), int(name[4:] or 0), 0, length)))
        if name == "ALBM":
            order.index = AlbumIndex(entries)
        if name == "HEAD":
            order.header = rest.pop(0)
        if name in LAYERS:
            order.layer = replace(layer, tiles=LAYERS[name])
        if name == "sRCP":
            order.recipe = RECIPE
    return owners


@pytest.mark.parametrize(
    "names",
    [
        ["HEAD", *BASE, *RESIDUAL, "DONE"],
        ["HEAD", "iccp", "exif", "xmp_", *BASE, *RESIDUAL, "DONE"],
        ["HEAD", "TONE", *BASE, *RESIDUAL, "sRCP", "sLIT0", "sLIT1", "DONE"],
        [
            "HEAD",
            "noTe",
            "exif",
            "noTe",
            "xmp_",
            "zzzz",
            *BASE,
            *RESIDUAL,
            "sRCP",
            "sLIT",
            "sLIT1",
            "aaaa",
            "bbbb",
            "DONE",
        ],
    ],
)
def test_right_orders_are_accepted(header: Header, names: list[str]) -> None:
    owners = run([header], names)
    assert owners == [-1 if name[:4] in ("sRCP", "sLIT", "aaaa", "bbbb", "DONE") else 0 for name in names]


def test_album_has_all_fronts_before_all_backs(header: Header) -> None:
    indexed = replace(header, roles=INDEXED, layers=Layers.RESIDUAL)
    shown = replace(header, mode=ContainerMode.PERCEPTUAL, layers=Layers.BASE | Layers.DISPLAY)
    names = ["ALBM", "HEAD", *BASE, "HEAD", "noTe", "PLTE", "HEAD", *BASE, "dlyr", "dtil", *RESIDUAL, *RESIDUAL, "DONE"]
    owners = run([header, indexed, shown], names)
    assert owners == [-1, *[0] * 4, *[1] * 3, *[2] * 6, *[0] * 3, *[1] * 3, -1]


def test_file_without_a_picture_needs_a_recipe() -> None:
    run([], ["ALBM", "sRCP", "sLIT0", "sLIT1", "noTe", "DONE"])
    for names in (["ALBM", "DONE"], ["ALBM", "noTe", "DONE"], ["ALBM", "HEAD"]):
        with pytest.raises(CorruptError, match="sRCP chunk must come"):
            run([], names)


@pytest.mark.parametrize(
    ("names", "message"),
    [
        (["BLYR"], "HEAD chunk must come, found the BLYR"),
        (["noTe"], "HEAD chunk must come"),
        (["HEAD", "HEAD"], "BLYR chunk must come"),
        (["HEAD", "ALBM"], "BLYR chunk must come"),
        (["HEAD", "RLYR"], "BLYR chunk must come"),
        (["HEAD", "PLTE"], "BLYR chunk must come"),
        (["HEAD", "dlyr"], "BLYR chunk must come"),
        (["HEAD", "sRCP"], "BLYR chunk must come"),
        (["HEAD", "exif", "iccp"], "found the iccp"),
        (["HEAD", "exif", "exif"], "found the exif"),
        (["HEAD", "noTe1"], "index 1"),
        (["HEAD", "TONE", "noTe"], "BLYR chunk must come"),
        (["HEAD", "TONE", "TONE"], "BLYR chunk must come"),
        (["HEAD", "BLYR", "noTe"], "base tile 0 must come"),
        (["HEAD", "BLYR", "BASE1"], "base tile 0 must come, found the base tile 1"),
        (["HEAD", *BASE, "noTe"], "RLYR chunk must come"),
        (["HEAD", *BASE, "HEAD"], "RLYR chunk must come"),
        (["HEAD", *BASE, "dlyr"], "RLYR chunk must come"),
        (["HEAD", *BASE, "RLYR", "RESI0", "RESI1"], "residual tile 2 must come, found the residual tile 1"),
        (["HEAD", *BASE, "RLYR", "RESI0", "DONE"], "residual tile 2 must come"),
        (["HEAD", *BASE, *RESIDUAL, "RESI3"], "DONE chunk must come"),
        (["HEAD", *BASE, *RESIDUAL, "RLYR"], "DONE chunk must come"),
        (["HEAD", *BASE, *RESIDUAL, "sLIT"], "DONE chunk must come"),
        (["HEAD", *BASE, *RESIDUAL, "xmp_"], "DONE chunk must come"),
        (["HEAD", *BASE, *RESIDUAL, "noTe", "sRCP"], "DONE chunk must come"),
        (["HEAD", *BASE, *RESIDUAL, "sRCP", "sLIT1"], "sLIT chunk 0 must come"),
        (["HEAD", *BASE, *RESIDUAL, "sRCP", "sLIT", "DONE"], "sLIT chunk 1 must come"),
        (["HEAD", *BASE, *RESIDUAL, "DONE1"], "index 1"),
        (["HEAD", *BASE, *RESIDUAL, "DONE", "DONE"], "nothing must come"),
    ],
)
def test_wrong_orders_are_corrupt(header: Header, names: list[str], message: str) -> None:
    with pytest.raises(CorruptError, match=message):
        run([header], names)


def test_parts_that_the_header_demands_must_come(header: Header) -> None:
    for changes, wanted in (
        ({"roles": INDEXED}, "PLTE"),
        ({"bit_depth": 9}, "TONE"),
        ({"layers": Layers.RESIDUAL}, "RLYR"),
    ):
        with pytest.raises(CorruptError, match=f"{wanted} chunk must come"):
            run([replace(header, **changes)], ["HEAD", "BLYR"])


@pytest.mark.parametrize(
    "names", [["HEAD", "Abcd"], ["HEAD", *BASE, "ADPT"], ["BCOM"], ["HEAD", *BASE, *RESIDUAL, "ZZZZ"]]
)
def test_unknown_critical_kinds_are_unsupported(header: Header, names: list[str]) -> None:
    with pytest.raises(UnsupportedContainerError, match="later version"):
        run([header], names)


def test_tile_of_another_length_than_its_table_says_is_corrupt(header: Header) -> None:
    with pytest.raises(CorruptError, match="base tile 0 at byte 0 with 0 bytes, found 1"):
        run([header], ["HEAD", "BLYR", "BASE"], length=1)


def test_ancillary_chunks_are_limited_in_number_and_in_size(header: Header) -> None:
    for start in (["HEAD"], ["HEAD", *BASE, *RESIDUAL]):
        run([header], [*start, *["noTe"] * layout.MAX_ANCILLARY_CHUNKS])
        with pytest.raises(LimitExceededError, match="256"):
            run([header], [*start, *["noTe"] * (layout.MAX_ANCILLARY_CHUNKS + 1)])
    with pytest.raises(LimitExceededError, match="together"):
        run([header], ["HEAD", *["noTe"] * 5], length=layout.MAX_ANCILLARY_BYTES // 4)


def test_every_picture_has_ancillary_chunks_of_its_own(header: Header) -> None:
    front = ["HEAD", *["noTe"] * layout.MAX_ANCILLARY_CHUNKS, *BASE]
    run(
        [header, header],
        ["ALBM", *front, *front, *RESIDUAL, *RESIDUAL, *["noTe"] * layout.MAX_ANCILLARY_CHUNKS, "DONE"],
    )


def test_parts_of_a_picture_have_the_same_order_alone(header: Header) -> None:
    front = Order.of_front(7)
    assert run([header], ["HEAD", "exif", *BASE], order=front) == [7] * 5
    front.end(0)
    unfinished = Order.of_front(7)
    run([header], ["HEAD", "BLYR", "BASE0"], order=unfinished)
    with pytest.raises(CorruptError, match="base tile 1 must come, but nothing does"):
        unfinished.end(0)
    back = Order.of_back(7)
    assert run([], RESIDUAL, order=back) == [7] * 3
    back.end(0)

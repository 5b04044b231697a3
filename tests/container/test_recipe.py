"""Recipes: bytes, sums, limits."""

import hashlib
from dataclasses import replace

import pytest
from hybridcodec_container import (
    ContainerError,
    ContainerMode,
    CorruptError,
    Header,
    LimitExceededError,
    Piece,
    Recipe,
    Serial,
    Source,
    layout,
)
from hybridcodec_container.metadata import unpack_metadata
from hybridcodec_container.recipe import check_recipe, pack_recipe, split_name, split_packed, unpack_recipe
from hybridcodec_container.source import check_literals, pack_literals

HASH = b"h" * 32
PIECES = (
    Piece.literal(20),
    Piece.named(1, 11, "x-9", b"!"),
    Piece(77, 1, 5, b"later"),
    Piece.packed(9, 1000, "lep", b"?"),
)
RECIPE = Recipe(41, HASH, PIECES)
LITERAL = (
    "2900000000000000" + "68" * 32 + "fc03000000000000 04000000"
    "00 00000000 1400000000000000 0000"
    "02 01000000 0b00000000000000 0500 03782d3921"
    "4d 05000000 0100000000000000 0500 6c61746572"
    "03 00000000 0900000000000000 0d00 e803000000000000 03 6c6570 3f"
)  # fmt: skip


def test_recipe_is_these_bytes() -> None:
    assert pack_recipe(RECIPE) == bytes.fromhex(LITERAL)
    assert unpack_recipe(bytes.fromhex(LITERAL)) == RECIPE
    assert split_name(RECIPE.pieces[1].parameters) == ("x-9", b"!")
    assert split_packed(RECIPE.pieces[3].parameters) == (1000, "lep", b"?")
    assert (RECIPE.literal_bytes, RECIPE.literal_chunks) == (1020, 1)


def patched(place: int, value: str) -> bytes:
    packed = bytes.fromhex(LITERAL)
    return packed[:place] + bytes.fromhex(value) + packed[place + len(value) // 2 :]


@pytest.mark.parametrize(
    ("error", "payload"),
    [
        (CorruptError, b""),
        (CorruptError, bytes.fromhex(LITERAL)[:-1]),
        (CorruptError, bytes.fromhex(LITERAL)[:-6]),
        (CorruptError, bytes.fromhex(LITERAL) + b"\0"),
        (CorruptError, patched(0, "2a")),
        (CorruptError, patched(8, "00" * 32)),
        (CorruptError, patched(40, "fd")),
        (CorruptError, patched(48, "03")),
        (CorruptError, patched(48, "05")),
        (CorruptError, patched(53, "01")),
        (CorruptError, patched(52, "02")),
        (CorruptError, patched(67, "01")),
        (CorruptError, patched(82, "00")),
        (CorruptError, patched(82, "05")),
        (CorruptError, patched(83, "58")),
        (CorruptError, patched(108, "01")),
        (CorruptError, patched(122, "e9")),
        (CorruptError, patched(130, "05")),
        (CorruptError, patched(131, "4c")),
        (LimitExceededError, patched(122, "01000040")),
        (LimitExceededError, patched(0, "ffffffffffffff7f")),
        (LimitExceededError, patched(48, "01001000")),
        (LimitExceededError, patched(53, "00000100")),
    ],
)
def test_bad_recipes_are_refused(error: type[ContainerError], payload: bytes) -> None:
    with pytest.raises(error) as caught:
        unpack_recipe(payload)
    assert type(caught.value) is error


@pytest.mark.parametrize("name", ["", "UPPER", "with space", "ä", "a" * 256])
def test_names_of_methods_are_plain(name: str) -> None:
    with pytest.raises(ContainerError, match="name"):
        Piece.named(0, 1, name)


def test_pieces_are_made_of_lossless_pictures_that_are_there(header: Header) -> None:
    piece = Piece.samples(1, header, Serial(order=(0, 1, 2), rows=70))
    recipe = Recipe(130 * 70 * 3, HASH, (piece,))
    near = replace(header, mode=ContainerMode.NEAR_LOSSLESS, max_error=1)
    check_recipe(recipe, [near, header])
    check_recipe(recipe, [None, None])
    for headers, message in (([header], "has 1"), ([header, near], "NEAR_LOSSLESS")):
        with pytest.raises(ContainerError, match=message):
            check_recipe(recipe, headers)
    with pytest.raises(ContainerError, match="made of samples that have"):
        check_recipe(recipe, [header, replace(header, width=131)])
    with pytest.raises(ContainerError, match="has 1"):
        check_recipe(Recipe(1, HASH, (Piece.named(1, 1, "a"),)), [header])


def test_methods_and_parameters_of_later_versions_do_not_keep_from_reading(header: Header) -> None:
    later = replace(Piece.samples(0, header, Serial(order=(0, 1, 2), rows=70)), parameters=b"\x09" * 20, length=5)
    check_recipe(Recipe(6, HASH, (later, Piece(200, 1, 9999))), [header])


def test_long_literals_are_cut_into_full_chunks() -> None:
    size = layout.MAX_LITERALS_BYTES
    recipe = Recipe(2 * size + 3, HASH, (Piece.literal(2 * size + 3),))
    whole = bytes(2 * size) + b"end"
    packed = list(
        pack_literals(recipe, (whole[place : place + 5_000_000] for place in range(0, len(whole), 5_000_000)))
    )
    assert [len(unpack_metadata(payload)) for payload in packed] == [size, size, 3]
    assert b"".join(Source(recipe, tuple(packed)).literals()) == whole
    for index, payload in enumerate(packed):
        check_literals(recipe, index, payload)
    with pytest.raises(CorruptError, match="must hold 3 bytes"):
        check_literals(recipe, 2, packed[0])


@pytest.mark.parametrize("literals", [b"", b"0123", b"01234 "])
def test_literals_must_be_as_many_as_the_recipe_takes(literals: bytes) -> None:
    with pytest.raises(ContainerError, match="takes 5 literal bytes"):
        Source.of(Recipe(5, HASH, (Piece.literal(5),)), literals)


def test_source_file_may_be_empty() -> None:
    empty = Recipe(0, hashlib.sha256(b"").digest(), ())
    assert unpack_recipe(pack_recipe(empty)) == empty
    assert Source.of(empty).complete

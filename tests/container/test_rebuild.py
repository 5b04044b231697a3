"""Rebuilding the source file."""

import hashlib
from collections.abc import Iterable, Iterator
from itertools import islice

import numpy as np
import pytest
from hybridcodec_container import (
    GRAY,
    ContainerMode,
    CorruptError,
    Header,
    Layers,
    Piece,
    Recipe,
    Serial,
    UnsupportedContainerError,
    rebuild,
)

SAMPLES = np.arange(12, dtype=np.uint8).reshape(3, 4)
HEADER = Header(
    width=4,
    height=3,
    roles=GRAY,
    mode=ContainerMode.LOSSLESS,
    layers=Layers.RESIDUAL,
    source_hash=b"s" * 32,
)
WHOLE = b"head" + bytes(range(12)) + b"middle" + bytes(range(11, -1, -1)) + b"halfhalf" + b"end"
PIECES = (
    Piece.literal(4),
    Piece.samples(0, HEADER, Serial(order=(0,), rows=3)),
    Piece.literal(6),
    Piece.named(0, 12, "turned", b"?"),
    Piece.packed(8, 4, "twice", b"!"),
    Piece.literal(3),
)
RECIPE = Recipe(len(WHOLE), hashlib.sha256(WHOLE).digest(), PIECES)


def turned(samples: np.ndarray, header: Header, parameters: bytes) -> Iterator[bytes]:
    assert (header, parameters) == (HEADER, b"?")
    for row in samples[::-1]:
        yield row[::-1].tobytes()


def twice(taken: bytes, length: int, parameters: bytes) -> list[bytes]:
    assert (length, parameters) == (8, b"!")
    return [taken, taken]


def picture_of(number: int) -> tuple[Header, np.ndarray]:
    assert number == 0
    return HEADER, SAMPLES


def run(recipe: Recipe = RECIPE, literals: Iterable[bytes] = (b"he", b"admid", b"", b"dleha", b"lfend")) -> bytes:
    return b"".join(rebuild(recipe, literals, picture_of, {"turned": turned}, {"twice": twice}))


def test_source_file_comes_back() -> None:
    assert run() == WHOLE


def test_unknown_methods_are_named() -> None:
    with pytest.raises(UnsupportedContainerError, match="method 'turned'"):
        list(rebuild(RECIPE, [b"headmiddlehalfend"], picture_of))
    with pytest.raises(UnsupportedContainerError, match="method 'twice'"):
        list(rebuild(RECIPE, [b"headmiddlehalfend"], picture_of, {"turned": turned}))
    with pytest.raises(UnsupportedContainerError, match="method 9 is unknown"):
        run(Recipe(4, RECIPE.file_hash, (Piece(9, 4),)))


def test_too_few_literals_are_noticed() -> None:
    with pytest.raises(CorruptError, match="piece 5 of the source file must have 3 bytes, found 2"):
        run(literals=[b"headmiddlehalfen"])
    with pytest.raises(CorruptError, match="takes 4 literal bytes, found 2"):
        run(literals=[b"headmiddleha"])


@pytest.mark.parametrize("length", [11, 13])
def test_method_that_gives_another_length_is_noticed(length: int) -> None:
    pieces = (*PIECES[:3], Piece.named(0, length, "turned", b"?"), *PIECES[4:])
    with pytest.raises(CorruptError, match="piece 3"):
        run(Recipe(len(WHOLE) + length - 12, RECIPE.file_hash, pieces))


def test_file_with_another_hash_is_noticed_at_its_end() -> None:
    parts = rebuild(RECIPE, [b"HEADmiddlehalfend"], picture_of, {"turned": turned}, {"twice": twice})
    got = b"".join(islice(parts, 9))
    assert got == b"HEAD" + WHOLE[4:]
    with pytest.raises(CorruptError, match="hash"):
        next(parts)

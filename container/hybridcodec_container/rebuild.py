"""Rebuilding the source file: follows a recipe, piece by piece, and proves the whole at its end."""

import hashlib
from collections.abc import Callable, Iterable, Iterator, Mapping
from typing import Any, NoReturn

from numpy.typing import NDArray

from hybridcodec_container.errors import CorruptError, UnsupportedContainerError
from hybridcodec_container.header import Header
from hybridcodec_container.layout import PieceMethod
from hybridcodec_container.recipe import Piece, Recipe, split_name, split_packed
from hybridcodec_container.serial import Serial, serialise

Samples = NDArray[Any]
NamedMethod = Callable[[Samples, Header, bytes], Iterable[bytes]]
PackedMethod = Callable[[bytes, int, bytes], Iterable[bytes]]
PictureOf = Callable[[int], tuple[Header, Samples]]
NO_METHODS: Mapping[str, NamedMethod] = {}
NO_PACKED: Mapping[str, PackedMethod] = {}


def rebuild(
    recipe: Recipe,
    literals: Iterable[bytes],
    picture_of: PictureOf,
    methods: Mapping[str, NamedMethod] = NO_METHODS,
    packed: Mapping[str, PackedMethod] = NO_PACKED,
) -> Iterator[bytes]:
    """Yield the bytes of the source file.

    They are handed out before the hash is known: who writes them publishes the file only after the last one came.

    Args:
        recipe: of the source file.
        literals: the literal bytes, cut anywhere.
        picture_of: gives header and decoded samples, (H, W) or (H, W, C), of a picture by number.
        methods: named methods; each gets samples, header and parameters and gives the bytes of a piece.
        packed: methods of packed pieces; each gets literal bytes, the length of the piece, and parameters.

    Raises:
        CorruptError: if a piece has another length than the recipe states, or the whole another hash.
        UnsupportedContainerError: if a method is unknown.
    """
    digest, rest = hashlib.sha256(), _Literals(literals)
    for number, piece in enumerate(recipe.pieces):
        given = 0
        for part in _bytes_of(piece, rest, picture_of, methods, packed):
            given += len(part)
            if given > piece.length:
                break
            digest.update(part)
            yield part
        if given != piece.length:
            raise CorruptError(f"piece {number} of the source file must have {piece.length} bytes, found {given}")
    if digest.digest() != recipe.file_hash:
        raise CorruptError(
            f"the source file has the hash {digest.hexdigest()}, the recipe states {recipe.file_hash.hex()}"
        )


class _Literals:
    """Bytes that come in parts, taken in other parts."""

    def __init__(self, parts: Iterable[bytes]) -> None:
        self._parts = iter(parts)
        self._left = memoryview(b"")

    def take(self, length: int) -> Iterator[bytes]:
        """Yield `length` bytes, or as many as there are."""
        while length:
            if not self._left:
                part = next(self._parts, None)
                if part is None:
                    return
                self._left = memoryview(part)
            taken, self._left = self._left[:length], self._left[length:]
            length -= len(taken)
            yield bytes(taken)


def _bytes_of(
    piece: Piece,
    literals: _Literals,
    picture_of: PictureOf,
    methods: Mapping[str, NamedMethod],
    packed: Mapping[str, PackedMethod],
) -> Iterable[bytes]:
    if piece.method == PieceMethod.LITERAL:
        return literals.take(piece.length)
    if piece.method == PieceMethod.SAMPLES:
        header, samples = picture_of(piece.picture)
        return (serialise(samples, block, header) for block in Serial.unpack(piece.parameters).blocks())
    if piece.method == PieceMethod.NAMED:
        name, parameters = split_name(piece.parameters)
        method = methods.get(name) or _missing(name)
        header, samples = picture_of(piece.picture)
        return method(samples, header, parameters)
    if piece.method == PieceMethod.PACKED:
        length, name, parameters = split_packed(piece.parameters)
        unpack = packed.get(name) or _missing(name)
        taken = b"".join(literals.take(length))
        if len(taken) != length:
            raise CorruptError(f"a piece of the source file takes {length} literal bytes, found {len(taken)}")
        return unpack(taken, piece.length, parameters)
    raise UnsupportedContainerError(f"piece method {piece.method} is unknown to this version")


def _missing(name: str) -> NoReturn:
    raise UnsupportedContainerError(f"the source file needs the method '{name}' to be rebuilt")

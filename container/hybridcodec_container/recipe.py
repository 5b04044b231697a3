"""The recipe of the source file: which pieces, in order, give it back byte for byte.

It differs from `rebuild.py`, which follows a recipe, in that it only reads and checks one: a reader that cannot
follow a recipe still reads the pictures.
"""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property

from hybridcodec_container import layout
from hybridcodec_container.checks import reading, require_hash, require_size, within
from hybridcodec_container.errors import ContainerError, CorruptError, UnsupportedContainerError
from hybridcodec_container.header import Header
from hybridcodec_container.layout import PACKED, PIECE, RECIPE, ContainerMode, PieceMethod
from hybridcodec_container.serial import Serial

_NAME = re.compile(rb"[a-z0-9-]{1,255}")


@dataclass(frozen=True)
class Piece:
    """One run of bytes of the source file.

    Attributes:
        method: a `PieceMethod`, or one of a later version.
        length: bytes of the source file that the piece gives, from 1.
        picture: whose samples it is made of; 0 in literal and packed pieces.
        parameters: of the method; empty in literal pieces.
    """

    method: int
    length: int
    picture: int = 0
    parameters: bytes = b""

    def __post_init__(self) -> None:
        within("bytes of a piece", self.length, 1, layout.MAX_SOURCE_BYTES)
        within("picture of a piece", self.picture, 0, layout.MAX_PICTURES - 1)
        within("bytes of parameters", len(self.parameters), 0, (1 << 16) - 1)
        if self.method == PieceMethod.LITERAL and (self.picture or self.parameters):
            raise ContainerError("a literal piece has no picture and no parameters")
        if self.method == PieceMethod.SAMPLES and len(self.parameters) != layout.SERIAL.size:
            raise ContainerError(f"a piece of samples needs {layout.SERIAL.size} bytes of parameters")
        if self.method == PieceMethod.NAMED:
            split_name(self.parameters)
        if self.method == PieceMethod.PACKED:
            within("literal bytes of a piece", split_packed(self.parameters)[0], 0, layout.MAX_PACKED_BYTES)
            if self.picture:
                raise ContainerError("a packed piece has no picture")

    @property
    def literal_bytes(self) -> int:
        """Literal bytes that the piece takes."""
        if self.method == PieceMethod.PACKED:
            return split_packed(self.parameters)[0]
        return self.length if self.method == PieceMethod.LITERAL else 0

    @classmethod
    def literal(cls, length: int) -> "Piece":
        """Return a piece that takes its bytes from the literals."""
        return cls(PieceMethod.LITERAL, length)

    @classmethod
    def samples(cls, picture: int, header: Header, serial: Serial) -> "Piece":
        """Return a piece made of the samples of a picture as they are."""
        return cls(PieceMethod.SAMPLES, serial.size(header), picture, serial.pack())

    @classmethod
    def named(cls, picture: int, length: int, name: str, parameters: bytes = b"") -> "Piece":
        """Return a piece that a method outside the container makes of the samples of a picture."""
        return cls(PieceMethod.NAMED, length, picture, _named(name) + parameters)

    @classmethod
    def packed(cls, length: int, literal_bytes: int, name: str, parameters: bytes = b"") -> "Piece":
        """Return a piece that a method outside the container makes of the next `literal_bytes` literal bytes."""
        raw = _named(name)
        return cls(PieceMethod.PACKED, length, 0, PACKED.pack(literal_bytes, raw[0]) + raw[1:] + parameters)


@dataclass(frozen=True)
class Recipe:
    """How to rebuild the source file; construction fails where lengths do not add up.

    Attributes:
        file_bytes: of the source file.
        file_hash: SHA-256 of the source file.
        pieces: in file order.
    """

    file_bytes: int
    file_hash: bytes
    pieces: tuple[Piece, ...]

    def __post_init__(self) -> None:
        within("bytes of the source file", self.file_bytes, 0, layout.MAX_SOURCE_BYTES)
        within("pieces", len(self.pieces), 0, layout.MAX_PIECES)
        require_hash("file_hash", self.file_hash)
        total = sum(piece.length for piece in self.pieces)
        if total != self.file_bytes:
            raise ContainerError(f"the pieces have {total} bytes, the source file {self.file_bytes}")
        within("literal bytes", self.literal_bytes, 0, layout.MAX_SOURCE_BYTES)

    @cached_property
    def literal_bytes(self) -> int:
        """Literal bytes that all pieces take together."""
        return sum(piece.literal_bytes for piece in self.pieces)

    @property
    def literal_chunks(self) -> int:
        """Chunks that hold the literals."""
        return -(-self.literal_bytes // layout.MAX_LITERALS_BYTES)

    def literals_in(self, index: int) -> int:
        """Return how many literal bytes chunk `index` holds: all but the last are full."""
        return min(layout.MAX_LITERALS_BYTES, self.literal_bytes - index * layout.MAX_LITERALS_BYTES)


def split_name(parameters: bytes) -> tuple[str, bytes]:
    """Return name and parameters of a named method.

    Raises:
        ContainerError: if there is no name.
    """
    length = parameters[0] if parameters else 0
    name = parameters[1 : 1 + length]
    if len(name) != length or not _NAME.fullmatch(name):
        raise ContainerError(f"a named method needs a name of small letters, digits and '-', found {name!r}")
    return name.decode("ascii"), parameters[1 + length :]


def split_packed(parameters: bytes) -> tuple[int, str, bytes]:
    """Return the literal bytes that a packed piece takes, and name and parameters of its method.

    Raises:
        ContainerError: if there is no name.
    """
    if len(parameters) < PACKED.size:
        raise ContainerError(f"a packed piece needs {PACKED.size} bytes of parameters, found {len(parameters)}")
    literal_bytes, length = PACKED.unpack(parameters)
    return literal_bytes, *split_name(bytes([length]) + parameters[PACKED.size :])


def _named(name: str) -> bytes:
    raw = name.encode("ascii", "replace")
    within("letters of a name", len(raw), 1, 255)
    return bytes([len(raw)]) + raw


def check_recipe(recipe: Recipe, headers: Sequence[Header | None]) -> None:
    """Check that the pictures of a recipe are there and keep their samples.

    Args:
        recipe: of the source file.
        headers: of all pictures of the file; None where one is not known.

    Raises:
        ContainerError: if a picture is not there, not lossless, or does not have the bytes that a piece states.
    """
    for piece in recipe.pieces:
        if piece.method not in (PieceMethod.SAMPLES, PieceMethod.NAMED):
            continue
        if piece.picture >= len(headers):
            raise ContainerError(f"a piece is made of picture {piece.picture}, but the file has {len(headers)}")
        header = headers[piece.picture]
        if header is not None and header.mode is not ContainerMode.LOSSLESS:
            raise ContainerError(f"a piece is made of picture {piece.picture}, whose mode is {header.mode.name}")
        if header is not None and piece.method == PieceMethod.SAMPLES:
            _check_samples(piece, header)


def _check_samples(piece: Piece, header: Header) -> None:
    try:
        size = Serial.unpack(piece.parameters).size(header)
    except UnsupportedContainerError:
        return  # of a later version: who rebuilds the source file will say so
    if piece.length != size:
        raise ContainerError(f"a piece of {piece.length} bytes is made of samples that have {size}")


def pack_recipe(recipe: Recipe) -> bytes:
    """Return the payload of the sRCP chunk."""
    head = RECIPE.pack(recipe.file_bytes, recipe.file_hash, recipe.literal_bytes, len(recipe.pieces))
    return head + b"".join(
        PIECE.pack(piece.method, piece.picture, piece.length, len(piece.parameters)) + piece.parameters
        for piece in recipe.pieces
    )


def unpack_recipe(payload: bytes) -> Recipe:
    """Return the recipe in an sRCP payload.

    Raises:
        CorruptError: if lengths do not add up.
        LimitExceededError: if a size is over its limit.
    """
    require_size("sRCP", len(payload), RECIPE.size, more=True)
    file_bytes, file_hash, literal_bytes, count = RECIPE.unpack(payload)
    within("pieces", count, 0, layout.MAX_PIECES)
    require_size("sRCP", len(payload), RECIPE.size + count * PIECE.size, more=True)
    pieces: list[Piece] = []
    place = RECIPE.size
    with reading("recipe"):
        for _ in range(count):
            if len(payload) < place + PIECE.size:
                raise CorruptError(f"the recipe ends after {len(pieces)} of {count} pieces")
            method, picture, length, parameters = PIECE.unpack(payload, place)
            place += PIECE.size
            if len(payload) < place + parameters:
                raise CorruptError(f"the recipe ends inside the parameters of piece {len(pieces)}")
            pieces.append(Piece(method, length, picture, payload[place : place + parameters]))
            place += parameters
        recipe = Recipe(file_bytes, file_hash, tuple(pieces))
    if place != len(payload) or recipe.literal_bytes != literal_bytes:
        raise CorruptError(
            f"the recipe has {len(payload)} bytes and {literal_bytes} literal ones, "
            f"its pieces give {place} and {recipe.literal_bytes}"
        )
    return recipe

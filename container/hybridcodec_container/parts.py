"""Walking a whole file and proving it: the chunks by role, which the readers and the rewriter build upon."""

import hashlib
from dataclasses import dataclass, field

from hybridcodec_container.chunks import Chunk, is_ancillary, prove, read_chunk
from hybridcodec_container.errors import CorruptError, TruncatedError
from hybridcodec_container.header import Header, unpack_header
from hybridcodec_container.index import TileIndex, unpack_index
from hybridcodec_container.layout import DONE, PROLOGUE, Kind
from hybridcodec_container.order import Order, walk_in_order
from hybridcodec_container.prologue import Version, read_prologue


@dataclass
class Parts:
    """Proven chunks of a file by role.

    Attributes:
        version: of the format.
        header: facts about the picture.
        ancillary: chunks in file order.
        base_common: payload of BCOM.
        index: of the tiles; without tiles until TIDX has come.
        base: chunks of the base tiles that arrived.
        residual: chunks of the residual tiles that arrived.
        complete: whether the end chunk was there.
    """

    version: Version
    header: Header
    ancillary: list[Chunk] = field(default_factory=list)
    base_common: bytes = b""
    index: TileIndex = field(default_factory=lambda: TileIndex((), ()))
    base: list[Chunk] = field(default_factory=list)
    residual: list[Chunk] = field(default_factory=list)
    complete: bool = False

    @classmethod
    def read(cls, data: bytes, *, may_be_cut: bool = False) -> "Parts":
        """Return the parts of a file, all proven.

        Args:
            data: the file.
            may_be_cut: accept data that ends before the end chunk, but not before the tile index.

        Raises:
            ContainerError: as `reader.read_container` says.
        """
        version, header, _ = read_head(data)
        parts = cls(version, header)
        try:
            for before, chunk in enumerate(walk_in_order(data, header)):
                prove(data, chunk)
                parts._add(data, chunk, before)
        except TruncatedError:
            if not (may_be_cut and parts.index.base):
                raise
        return parts

    def _add(self, data: bytes, chunk: Chunk, before: int) -> None:
        """File a proven chunk under its role; `before` is the number of chunks before it."""
        if is_ancillary(chunk.kind):
            self.ancillary.append(chunk)
        elif chunk.kind == Kind.BASE_COMMON:
            self.base_common = chunk.payload(data)
        elif chunk.kind == Kind.TILE_INDEX:
            self.index = unpack_index(chunk.payload(data), self.header)
        elif chunk.kind == Kind.BASE:
            _check_place(chunk, self.index.base[chunk.index])
            self.base.append(chunk)
        elif chunk.kind == Kind.RESIDUAL:
            _check_place(chunk, self.index.residual[chunk.index])
            self.residual.append(chunk)
        elif chunk.kind == Kind.DONE:
            _check_end(data, chunk, before)
            self.complete = True


def read_head(data: bytes) -> tuple[Version, Header, Chunk]:
    """Return version, header and the HEAD chunk, proven.

    Raises:
        ContainerError: as `reader.read_container` says, as far as the header.
    """
    version = read_prologue(data)
    chunk = read_chunk(data, PROLOGUE.size)
    Order().accept(chunk)
    prove(data, chunk)
    return version, unpack_header(chunk.payload(data)), chunk


def _check_place(found: Chunk, indexed: Chunk) -> None:
    if found != indexed:
        raise CorruptError(
            f"the tile index has the {indexed.name} at byte {indexed.offset} with {indexed.length} bytes, "
            f"found at byte {found.offset} with {found.length}"
        )


def _check_end(data: bytes, chunk: Chunk, before: int) -> None:
    if chunk.length != DONE.size:
        raise CorruptError(f"DONE must have {DONE.size} bytes, found {chunk.length}")
    chunks, file_hash = DONE.unpack(chunk.payload(data))
    if chunks != before:
        raise CorruptError(f"the end chunk counts {chunks} chunks before it, found {before}")
    expected = hashlib.sha256(memoryview(data)[: chunk.offset]).digest()
    if file_hash != expected:
        raise CorruptError(f"the hash of the file is {expected.hex()}, but the end chunk states {file_hash.hex()}")

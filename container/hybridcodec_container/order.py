"""The order of chunks as a small state machine; readers and writer share it.

The grammar is written as it reads in FORMAT.md: each `yield` takes one chunk and says to which picture it belongs.
"""

from collections.abc import Callable, Generator

from hybridcodec_container import layout
from hybridcodec_container.chunks import Chunk, is_ancillary
from hybridcodec_container.errors import CorruptError, LimitExceededError, UnsupportedContainerError
from hybridcodec_container.header import Header
from hybridcodec_container.index import AlbumIndex
from hybridcodec_container.layer import Layer
from hybridcodec_container.layout import LAYER_KINDS, Kind, Layers
from hybridcodec_container.recipe import Recipe

FILE = -1  # owner of the chunks that belong to no picture
_KNOWN = frozenset(kind.value for kind in Kind)
_METADATA = (Kind.ICC.value, Kind.EXIF.value, Kind.XMP.value)
_Grammar = Generator[int, Chunk, None]
_NOTHING = Chunk(b"\0\0\0\0", 0, 0, 0)


class Order:
    """Accepts chunks one by one and fails at the first that must not stand where it stands.

    What the last chunk said is to be set before the next one comes:

    Attributes:
        index: after ALBM.
        header: after HEAD.
        layer: after BLYR, dlyr, RLYR.
        recipe: after sRCP.
    """

    def __init__(self, grammar: Callable[["Order"], _Grammar]) -> None:
        self.index: AlbumIndex | None = None
        self.header: Header | None = None
        self.layer: Layer | None = None
        self.recipe: Recipe | None = None
        self._chunk = _NOTHING
        self._steps = self._started(grammar)
        next(self._steps)

    @classmethod
    def of_file(cls) -> "Order":
        """Return the order of a whole file, from the first chunk on."""
        return cls(Order._file)

    @classmethod
    def of_front(cls, number: int) -> "Order":
        """Return the order of the front of picture `number`."""
        return cls(lambda order: order._front(number))

    @classmethod
    def of_back(cls, number: int) -> "Order":
        """Return the order of the back of picture `number`, which has a residual layer."""
        return cls(lambda order: order._layer(Layers.RESIDUAL, number))

    @classmethod
    def of_tail(cls) -> "Order":
        """Return the order of what follows the pictures."""
        return cls(Order._tail)

    def accept(self, chunk: Chunk) -> int:
        """Take the next chunk and return the number of the picture that it belongs to, or FILE.

        Raises:
            UnsupportedContainerError: if it is critical and unknown.
            CorruptError: if another chunk must come here.
            LimitExceededError: if there are too many ancillary chunks, or they are too large together.
        """
        try:
            return self._steps.send(chunk)
        except StopIteration:
            raise CorruptError(f"at byte {chunk.offset} nothing must come, found the {chunk.name}") from None

    def end(self, offset: int) -> None:
        """Say that no chunk follows, at byte `offset`.

        Raises:
            CorruptError: if one must.
        """
        try:
            self._steps.send(Chunk(_NOTHING.kind, 0, offset, 0))
        except StopIteration:
            return
        raise AssertionError("the grammar took nothing for a chunk")

    def _started(self, grammar: Callable[["Order"], _Grammar]) -> _Grammar:
        self._chunk = yield FILE
        yield from grammar(self)

    def _file(self) -> _Grammar:
        headers: list[Header] = []
        if self._chunk.kind == Kind.ALBUM:
            yield from self._one(Kind.ALBUM, FILE)
        count = len(self.index.entries) if self.index else 1
        for number in range(count):
            yield from self._front(number)
            assert self.header is not None
            headers.append(self.header)
            self._check_end(self.index.front(number) if self.index else None, number)
        for number, header in enumerate(headers):
            if header.layers & Layers.RESIDUAL:
                yield from self._layer(Layers.RESIDUAL, number)
            self._check_end(self.index.back(number) if self.index else None, number)
        if not count and self._chunk.kind != Kind.RECIPE:
            raise self._misplaced(Kind.RECIPE)
        yield from self._tail()

    def _front(self, number: int) -> _Grammar:
        yield from self._one(Kind.HEAD, number)
        header = self.header
        assert header is not None
        yield from self._ancillary(number, _METADATA)
        if header.indexed:
            yield from self._one(Kind.PALETTE, number)
        elif header.needs_tone or (header.layers & Layers.BASE and self._chunk.kind == Kind.TONE):
            yield from self._one(Kind.TONE, number)
        for layer in (Layers.BASE, Layers.DISPLAY):
            if header.layers & layer:
                yield from self._layer(layer, number)

    def _layer(self, layer: Layers, number: int) -> _Grammar:
        kind, tile_kind = LAYER_KINDS[layer]
        yield from self._one(kind, number)
        assert self.layer is not None
        for index, tile in enumerate(self.layer.tiles):
            if tile.coder != layout.ABSENT:
                self._check_length(tile_kind, index, tile.length)
                yield from self._one(tile_kind, number, index)

    def _tail(self) -> _Grammar:
        if self._chunk.kind == Kind.RECIPE:
            yield from self._one(Kind.RECIPE, FILE)
            assert self.recipe is not None
            for index in range(self.recipe.literal_chunks):
                yield from self._one(Kind.LITERALS, FILE, index)
        elif self._chunk.kind == Kind.REST:
            yield from self._one(Kind.REST, FILE)
        yield from self._ancillary(FILE, ())
        yield from self._one(Kind.DONE, FILE)

    def _one(self, kind: Kind, owner: int, index: int = 0) -> _Grammar:
        if (self._chunk.kind, self._chunk.index) != (kind.value, index):
            raise self._misplaced(kind, index)
        self._chunk = yield owner

    def _ancillary(self, owner: int, metadata: tuple[bytes, ...]) -> _Grammar:
        """Take unknown ancillary chunks and those of `metadata`, each of these at most once and in order."""
        chunks, size = 0, 0
        while self._chunk.kind in metadata or (is_ancillary(self._chunk.kind) and self._chunk.kind not in _KNOWN):
            if self._chunk.index:
                raise CorruptError(f"the {self._chunk.name} at byte {self._chunk.offset} has index {self._chunk.index}")
            if self._chunk.kind in metadata:
                metadata = metadata[metadata.index(self._chunk.kind) + 1 :]
            chunks, size = chunks + 1, size + self._chunk.length
            if chunks > layout.MAX_ANCILLARY_CHUNKS:
                raise LimitExceededError(f"more than {layout.MAX_ANCILLARY_CHUNKS} ancillary chunks")
            if size > layout.MAX_ANCILLARY_BYTES:
                raise LimitExceededError(f"ancillary chunks of more than {layout.MAX_ANCILLARY_BYTES} bytes together")
            self._chunk = yield owner

    def _check_length(self, kind: Kind, index: int, length: int) -> None:
        if (self._chunk.kind, self._chunk.index) == (kind.value, index) and self._chunk.length != length:
            raise CorruptError(
                f"the tile table has the {self._chunk.name} at byte {self._chunk.offset} with {length} bytes, "
                f"found {self._chunk.length}"
            )

    def _check_end(self, span: tuple[int, int] | None, number: int) -> None:
        if span is not None and self._chunk.offset != span[1]:
            raise CorruptError(
                f"the album index has a part of picture {number} at bytes {span[0]} to {span[1]}, "
                f"found its end at byte {self._chunk.offset}"
            )

    def _misplaced(self, kind: Kind, index: int = 0) -> CorruptError | UnsupportedContainerError:
        found = self._chunk
        wanted = Chunk(kind.value, index, found.offset, 0)
        if found.kind == _NOTHING.kind:
            return CorruptError(f"at byte {found.offset} the {wanted.name} must come, but nothing does")
        if found.kind not in _KNOWN and not is_ancillary(found.kind):
            return UnsupportedContainerError(
                f"the {found.name} at byte {found.offset} needs a later version to be read"
            )
        return CorruptError(
            f"at byte {found.offset} the {wanted.name} must come, found the {found.name} with index {found.index}"
        )

"""Surveying a file: every chunk in its place. Chunks that say what follows are proven, the others only located.

The readers build upon it: what they hand out, they prove.
"""

import hashlib
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field, replace
from functools import partial

from hybridcodec_container.checks import reading, require_size
from hybridcodec_container.chunks import Chunk, is_ancillary, payload_of, prove, read_chunk, require_present
from hybridcodec_container.errors import CorruptError, TruncatedError
from hybridcodec_container.header import Header, check_follows, unpack_header
from hybridcodec_container.index import AlbumIndex, unpack_index
from hybridcodec_container.layer import Layer, unpack_layer
from hybridcodec_container.layout import ABSENT, DONE, LAYER_KINDS, NO_IDENTITY, PROLOGUE, Kind, Layers
from hybridcodec_container.medium import Medium
from hybridcodec_container.order import FILE, Order
from hybridcodec_container.recipe import Recipe, check_recipe, unpack_recipe

_LAYERS: dict[bytes, Layers] = {kinds[0].value: which for which, kinds in LAYER_KINDS.items()}
_TILES: dict[bytes, Layers] = {kinds[1].value: which for which, kinds in LAYER_KINDS.items()}


@dataclass
class Outline:
    """A picture as it lies in the file.

    Attributes:
        header: facts about the picture, proven.
        ancillary: chunks in file order.
        palette: chunk, where there is one.
        tone: chunk, where there is one.
        layers: those whose own chunk has arrived, proven; tiles without payloads.
        tiles: chunks of the tiles that have arrived, by number, of each of these layers.
    """

    header: Header
    ancillary: list[Chunk] = field(default_factory=list)
    palette: Chunk | None = None
    tone: Chunk | None = None
    layers: dict[Layers, Layer] = field(default_factory=dict)
    tiles: dict[Layers, dict[int, Chunk]] = field(default_factory=dict)

    def without_residual(self) -> "Outline":
        """Return the same with the front alone."""
        layers = dict(self.layers)
        layers.pop(Layers.RESIDUAL, None)
        return replace(self, layers=layers)

    def arrived(self, which: Layers) -> bool:
        """Tell whether a layer is here with all its tiles, or is not part of the picture."""
        layer = self.layers.get(which)
        if layer is None:
            return not self.header.layers & which
        return len(self.tiles[which]) == sum(tile.coder != ABSENT for tile in layer.tiles)


class Survey:
    """What has been found so far.

    Attributes:
        index: of the album, where there is one.
        pictures: by number; those whose header has arrived.
        recipe: of the source file, where there is one.
        literals: sLIT chunks in order.
        rest: srst chunk, where there is one.
        extra: ancillary chunks behind the pictures, in file order.
        end: the end chunk.
        chunks: all chunks with the pictures that they belong to, in file order.
        fault: where the file was cut.
    """

    def __init__(self, medium: Medium, pictures: dict[int, Outline] | None = None) -> None:
        """Start a survey; `pictures` are known already."""
        self.medium = medium
        self.index: AlbumIndex | None = None
        self.pictures = {} if pictures is None else pictures
        self.recipe: Recipe | None = None
        self.literals: list[Chunk] = []
        self.rest: Chunk | None = None
        self.extra: list[Chunk] = []
        self.end: Chunk | None = None
        self.chunks: list[tuple[Chunk, int]] = []
        self.fault: TruncatedError | None = None

    def run(self, order: Order, offset: int, end: int | None = None, *, predict: bool = False) -> None:
        """Follow the chunks from `offset` on, to the end chunk or to `end`.

        Args:
            order: that the chunks must have.
            offset: of the first chunk.
            end: where the last chunk must end; None: it is DONE.
            predict: take the headers of tiles from their table instead of reading them.

        Raises:
            ContainerError: as `order`, the framing and the chunks do. TruncatedError is also kept as `fault`.
        """
        predicted: Iterator[Chunk] = iter(())
        try:
            while self.end is None and offset != end:
                chunk = next(predicted, None) or read_chunk(self.medium, offset)
                require_present(self.medium, chunk)
                owner = order.accept(chunk)
                self.chunks.append((chunk, owner))
                offset = chunk.end
                self._learn(chunk, owner, order)
                if predict and chunk.kind in _LAYERS and order.layer is not None:
                    predicted = order.layer.locate(LAYER_KINDS[_LAYERS[chunk.kind]][1].value, offset)
        except TruncatedError as fault:
            self.fault = fault
            raise
        if end is not None:
            order.end(offset)
        elif offset < self.medium.size:
            raise CorruptError(f"{self.medium.size - offset} bytes follow the end chunk, which ends at byte {offset}")

    def identity(self, chunk: Chunk, owner: int) -> bytes:
        """Return what the digest of a chunk is bound to."""
        return NO_IDENTITY if owner == FILE or chunk.kind == Kind.HEAD else self.pictures[owner].header.identity

    def payload(self, chunk: Chunk, owner: int) -> bytes:
        """Return the payload of a chunk, proven.

        Raises:
            CorruptError: if its digest does not hold.
        """
        return payload_of(prove(self.medium, chunk, self.identity(chunk, owner)))

    def loader(self, number: int) -> Callable[[Chunk], bytes]:
        """Return what gives the proven payload of a chunk of picture `number`."""
        return partial(self.payload, owner=number)

    def _learn(self, chunk: Chunk, owner: int, order: Order) -> None:
        """File a chunk under its role, and tell the order what it says."""
        if chunk.kind == Kind.ALBUM:
            self.index = order.index = unpack_index(self.payload(chunk, owner), chunk.end)
        elif chunk.kind == Kind.HEAD:
            order.header = self._add_picture(chunk, owner)
        elif chunk.kind in _LAYERS:
            order.layer = self._add_layer(chunk, owner)
        elif chunk.kind == Kind.RECIPE:
            self.recipe = order.recipe = unpack_recipe(self.payload(chunk, owner))
            self._check_recipe(self.recipe)
        else:
            self._place(chunk, owner)

    def _place(self, chunk: Chunk, owner: int) -> None:
        """File a chunk that says nothing about those after it."""
        if chunk.kind in _TILES:
            self.pictures[owner].tiles[_TILES[chunk.kind]][chunk.index] = chunk
        elif chunk.kind == Kind.PALETTE:
            self.pictures[owner].palette = chunk
        elif chunk.kind == Kind.TONE:
            self.pictures[owner].tone = chunk
        elif chunk.kind == Kind.LITERALS:
            self.literals.append(chunk)
        elif chunk.kind == Kind.REST:
            self.rest = chunk
        elif chunk.kind == Kind.DONE:
            self.end = chunk
        elif is_ancillary(chunk.kind):
            (self.extra if owner == FILE else self.pictures[owner].ancillary).append(chunk)

    def prove(self) -> Iterator[tuple[Chunk, int, bytes]]:
        """Yield every chunk with its owner and its payload, proven; at the end, the hash of the file is compared.

        Raises:
            CorruptError: if a digest or the hash of the file does not hold, or something follows the end chunk.
        """
        digest = hashlib.sha256(self.medium.exactly(0, PROLOGUE.size))
        for chunk, owner in self.chunks:
            whole = prove(self.medium, chunk, self.identity(chunk, owner))
            if chunk is self.end:
                self._check_done(payload_of(whole), digest.digest())
            digest.update(whole)
            yield chunk, owner, payload_of(whole)

    def _check_done(self, payload: bytes, file_hash: bytes) -> None:
        require_size("DONE", len(payload), DONE.size)
        (stated,) = DONE.unpack(payload)
        if stated != file_hash:
            raise CorruptError(f"the hash of the file is {file_hash.hex()}, but the end chunk states {stated.hex()}")

    def _check_recipe(self, recipe: Recipe) -> None:
        headers = [self._header(number) for number in range(len(self.index.entries) if self.index else 1)]
        with reading("recipe"):
            check_recipe(recipe, headers)

    def _header(self, number: int) -> Header | None:
        return self.pictures[number].header if number in self.pictures else None

    def _add_picture(self, chunk: Chunk, owner: int) -> Header:
        header = unpack_header(self.payload(chunk, owner))
        before = self._header(owner - 1)
        with reading("group of pictures"):
            if not owner or before is not None:
                check_follows(header, before)
        if self.index is not None and self.index.entries[owner].identity != header.identity:
            raise CorruptError(
                f"the album index knows picture {owner} by another header than the one at {chunk.offset}"
            )
        self.pictures[owner] = Outline(header)
        return header

    def _add_layer(self, chunk: Chunk, owner: int) -> Layer:
        outline, which = self.pictures[owner], _LAYERS[chunk.kind]
        layer = unpack_layer(self.payload(chunk, owner), outline.header, which)
        after = self._header(owner + 1) if which is Layers.RESIDUAL else None
        if after is not None and after.group_position and after.reference_hash != layer.sample_hash:
            raise CorruptError(f"picture {owner + 1} was made with other samples of picture {owner} as its reference")
        outline.layers[which], outline.tiles[which] = layer, {}
        return layer

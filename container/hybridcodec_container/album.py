"""Random access: one picture or one tile of a file, reading and proving only what it needs.

It differs from `reader.py`, which proves a whole file, in that damage elsewhere goes unnoticed:
`Album.prove` looks for it.
"""

from collections.abc import Collection, Iterator, Mapping
from contextlib import suppress
from dataclasses import replace
from threading import Lock
from typing import BinaryIO

from hybridcodec_container.checks import reading
from hybridcodec_container.chunks import payload_of, prove, read_chunk
from hybridcodec_container.errors import ContainerError, CorruptError, TruncatedError
from hybridcodec_container.header import Header, unpack_header
from hybridcodec_container.index import AlbumIndex, unpack_index
from hybridcodec_container.layer import Layer, Tile
from hybridcodec_container.layout import ABSENT, CHUNK_OVERHEAD, DONE, PROLOGUE, Kind, Layers
from hybridcodec_container.medium import Medium
from hybridcodec_container.metadata import unpack_metadata
from hybridcodec_container.order import FILE, Order
from hybridcodec_container.picture import Picture
from hybridcodec_container.prologue import Version, read_prologue
from hybridcodec_container.reader import build_picture, survey_file
from hybridcodec_container.recipe import Recipe
from hybridcodec_container.rest import Rest, unpack_rest
from hybridcodec_container.source import check_literals
from hybridcodec_container.survey import Outline, Survey


class Album:
    """The pictures of a file that may be large, or cut off. Threads may share it.

    Attributes:
        version: of the format.
    """

    def __init__(self, medium: Medium, version: Version, index: AlbumIndex | None) -> None:
        """Use `Album.open`."""
        self._medium = medium
        self._index = index
        self._lock = Lock()
        self._last: tuple[int, Survey] | None = None
        self.version = version

    @classmethod
    def open(cls, data: bytes | BinaryIO) -> "Album":
        """Open a file: bytes, or a seekable binary stream, which stays open and is the album's alone.

        Raises:
            ContainerError: as `read_container` does for prologue and album index; OSError as the stream does.
        """
        medium = Medium(data)
        version = read_prologue(medium.read(0, PROLOGUE.size))
        first = read_chunk(medium, PROLOGUE.size)
        if first.kind != Kind.ALBUM:
            return cls(medium, version, None)
        return cls(medium, version, unpack_index(payload_of(prove(medium, first)), first.end))

    def __len__(self) -> int:
        """Return how many pictures the file has, arrived or not."""
        return 1 if self._index is None else len(self._index.entries)

    @property
    def complete(self) -> bool:
        """Whether an end chunk stands at the end of the file; `prove` tells whether it is right."""
        offset = self._medium.size - CHUNK_OVERHEAD - DONE.size
        try:
            return offset > 0 and read_chunk(self._medium, offset).kind == Kind.DONE
        except ContainerError:
            return False

    def header(self, number: int) -> Header:
        """Return the header of picture `number`, proven.

        Raises:
            ContainerError: if there is no such picture, or as `read_container` does for what is read.
        """
        if self._index is None:
            return self._located(number).pictures[number].header
        self._require(number)
        chunk = read_chunk(self._medium, self._index.front(number)[0])
        header = unpack_header(payload_of(prove(self._medium, chunk)))
        if chunk.kind != Kind.HEAD or header.identity != self._index.entries[number].identity:
            raise CorruptError(
                f"the album index knows picture {number} by another header than the one at {chunk.offset}"
            )
        return header

    def picture(self, number: int, *, residual: bool = True) -> Picture:
        """Return picture `number`, proven; without `residual`, only what its previews need.

        Raises:
            ContainerError: if there is no such picture, or as `read_container` does for what is read.
        """
        survey = self._located(number, residual=residual)
        outline = survey.pictures[number]
        if survey.fault and not _arrived(outline, residual=residual):
            raise survey.fault
        if not residual:
            outline = outline.without_residual()
        picture = build_picture(outline, survey.loader(number))
        if outline.layers.keys() >= set(outline.header.layers):
            with reading("picture"):
                picture.require_whole()
        return picture

    def part(self, number: int, tiles: Mapping[Layers, Collection[int]]) -> Picture:
        """Return picture `number` with the payloads of some tiles alone; proven is what is read, which is little else.

        Args:
            number: of the picture.
            tiles: numbers of tiles, for each of the layers that are wanted; all others have no payload.

        Raises:
            ContainerError: if there is no such picture, or as `read_container` does for what is read.
        """
        survey = self._located(number, residual=Layers.RESIDUAL in tiles)
        outline = survey.pictures[number]
        for which, wanted in tiles.items():
            layer, found = outline.layers.get(which), outline.tiles.get(which, {})
            if outline.header.layers & which and (
                layer is None or any(layer.tiles[n].coder != ABSENT and n not in found for n in wanted)
            ):
                raise survey.fault or AssertionError("what is missing can only be so in a cut file")
        chosen = {
            which: {n: chunk for n, chunk in found.items() if n in tiles.get(which, ())}
            for which, found in outline.tiles.items()
        }
        return build_picture(replace(outline, tiles=chosen), survey.loader(number))

    def layer(self, number: int, which: Layers) -> Layer:
        """Return one layer of picture `number`, its tiles without payloads.

        Raises:
            ContainerError: if there is no such picture or layer, or as `read_container` does for what is read.
        """
        survey = self._located(number, residual=which is Layers.RESIDUAL)
        outline = survey.pictures[number]
        if not outline.header.layers & which:
            raise ContainerError(f"picture {number} has no {str(which.name).lower()} layer")
        if which not in outline.layers:
            raise survey.fault or AssertionError("a layer can only be missing from a cut file")
        return outline.layers[which]

    def tile(self, number: int, which: Layers, tile: int) -> Tile:
        """Return one tile of one layer of picture `number`, proven; an absent one has no payload.

        Raises:
            ContainerError: if there is no such picture, layer or tile, or as `read_container` does for what is read.
        """
        tiles = self.layer(number, which).tiles
        if not 0 <= tile < len(tiles):
            raise ContainerError(f"there is no {str(which.name).lower()} tile {tile}: the layer has {len(tiles)}")
        if tiles[tile].coder == ABSENT:
            return tiles[tile]
        survey = self._located(number, residual=which is Layers.RESIDUAL)
        chunk = survey.pictures[number].tiles[which].get(tile)
        if chunk is None:
            raise survey.fault or AssertionError("a tile can only be missing from a cut file")
        return tiles[tile]._replace(payload=survey.payload(chunk, number))

    def recipe(self) -> Recipe | None:
        """Return the recipe of the source file, if there is one.

        Raises:
            ContainerError: as `read_container` does for what is read.
        """
        return self._tail().recipe

    def rest(self) -> Rest | None:
        """Return what the source file held besides the samples, where that alone is kept.

        Raises:
            ContainerError: as `read_container` does for what is read.
        """
        survey = self._tail()
        return unpack_rest(survey.payload(survey.rest, FILE)) if survey.rest else None

    def literals(self) -> Iterator[bytes]:
        """Yield the literal bytes of the source file, at most 16 MiB at once.

        Raises:
            ContainerError: as `read_container` does for what is read.
        """
        survey = self._tail()
        for chunk in survey.literals:
            packed = survey.payload(chunk, FILE)
            assert survey.recipe is not None
            check_literals(survey.recipe, chunk.index, packed)
            yield unpack_metadata(packed)

    def prove(self) -> None:
        """Prove the whole file as `read_container` does, one picture in memory at a time.

        Raises:
            ContainerError: as `read_container` does.
        """
        _, survey = survey_file(self._medium)
        if survey.fault:
            raise survey.fault
        for chunk, _, payload in survey.prove():
            if chunk.kind == Kind.LITERALS and survey.recipe is not None:
                check_literals(survey.recipe, chunk.index, payload)
            elif chunk.kind == Kind.REST:
                unpack_rest(payload)
        for number, outline in survey.pictures.items():
            with reading("picture"):
                build_picture(outline, survey.loader(number)).require_whole()

    def _require(self, number: int) -> None:
        if not 0 <= number < len(self):
            raise ContainerError(f"there is no picture {number}: the file has {len(self)}")

    def _located(self, number: int, *, residual: bool = False) -> Survey:
        """Return a survey with the front of a picture, and its back if `residual`; what is cut off is its `fault`."""
        self._require(number)
        with self._lock:
            if self._last is None or self._last[0] != number:
                self._last = (number, self._survey_front(number))
            survey = self._last[1]
            outline = survey.pictures[number]
            missing = residual and outline.header.layers & Layers.RESIDUAL and Layers.RESIDUAL not in outline.layers
            if self._index is not None and missing and not survey.fault:
                with suppress(TruncatedError):  # kept as the survey's fault
                    survey.run(Order.of_back(number), *self._index.back(number), predict=True)
            return survey

    def _survey_front(self, number: int) -> Survey:
        if self._index is None:
            survey = survey_file(self._medium, predict=True)[1]
        else:
            survey = Survey(self._medium)
            survey.index = self._index
            with suppress(TruncatedError):
                survey.run(Order.of_front(number), *self._index.front(number), predict=True)
        if survey.fault and number not in survey.pictures:
            raise survey.fault
        return survey

    def _tail(self) -> Survey:
        if self._index is None:
            survey = self._located(0)
            if survey.fault:
                raise survey.fault
            return survey
        survey = Survey(self._medium)
        survey.index = self._index
        survey.run(Order.of_tail(), self._index.end)
        return survey


def _arrived(outline: Outline, *, residual: bool) -> bool:
    """Tell whether everything that is asked for of a picture in a cut file is there."""
    wanted = outline.header.layers if residual else outline.header.layers & ~Layers.RESIDUAL
    shows_end = wanted or Layers.RESIDUAL in outline.layers  # without a layer, metadata may be cut
    return bool(shows_end) and all(outline.arrived(which) for which in Layers if which & wanted)

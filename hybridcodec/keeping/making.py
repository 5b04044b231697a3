"""From a source file and its pictures to a recipe with literals; what is not literal is tried on the spot."""

import hashlib
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import chain, islice, pairwise
from typing import Final

from hybridcodec_container import ContainerError, Piece, Recipe, Source
from hybridcodec_container.layout import MAX_ANCILLARY_BYTES, MAX_PIECES, PIECE

from hybridcodec.errors import HybridcodecError
from hybridcodec.image import Picture
from hybridcodec.keeping.laid import Laid, header_of
from hybridcodec.keeping.method import Method, Proposal
from hybridcodec.keeping.methods import METHODS, PACKERS
from hybridcodec.keeping.named import pack_named
from hybridcodec.keeping.packing import packed_parts
from hybridcodec.keeping.spans import gaps_of, spread
from hybridcodec.keeping.tiff.strips import joined
from hybridcodec.limits import memory_as_limit
from hybridcodec.opening import container_errors_as_ours
from hybridcodec.sources.format import Document, Stream

_RAW: Final = "raw"
_TRIALS: Final = 8  # proposals of a method for one stream that are written to their end
_FAILURES: Final = 3  # streams of a picture that could not be made, before the others are not tried
_MOST_PARAMETERS: Final = (1 << 16) - 1
_LEAST: Final = 2 * PIECE.size  # bytes that a piece must spare besides its parameters: it parts one literal into two


@dataclass(frozen=True)
class Made:
    """A piece, where it stands in the file, and the literal bytes that it takes."""

    start: int
    piece: Piece
    literals: bytes = b""

    @property
    def end(self) -> int:
        """Where the next piece begins."""
        return self.start + self.piece.length


class Maker:
    """Makes the recipe of one source file, picture by picture: `take` each, then `finish`."""

    def __init__(self, data: bytes, streams: Sequence[Stream] = ()) -> None:
        """Take the file, and where in it samples lie."""
        self._data = data
        self._streams = [stream for stream in streams if _lies_in(stream, len(data))]
        self._made: list[Made] = []

    @memory_as_limit()
    def take(self, number: int, picture: Picture) -> None:
        """Make what can be made of the samples of picture `number` of the .hyc file.

        Raises:
            LimitError: more memory is needed than there is.
        """
        streams = [stream for stream in self._streams if stream.picture == number]
        header, failures, before = header_of(picture), 0, b""
        whole = joined(streams, self._data)
        if whole is not None:
            found, _ = self._one(whole, Laid(picture.samples, header, whole.layout), before)
            if found is not None:
                self._made.append(found)
                return
        for stream in streams:
            found, before = self._one(stream, Laid(picture.samples, header, stream.layout), before)
            failures = 0 if found else failures + 1
            self._made += [found] if found else []
            if failures == _FAILURES:
                return

    def _one(self, stream: Stream, laid: Laid, before: bytes) -> tuple[Made | None, bytes]:
        """Return a piece and parameters of its method; those that served `before` are tried first."""
        if stream.method == _RAW:
            return self._raw(stream, laid), before
        if stream.method in METHODS:
            return self._named(METHODS[stream.method], stream, laid, before)
        return None, before

    @memory_as_limit()
    def finish(self) -> Source:
        """Return recipe and literals of the whole file.

        Raises:
            LimitError: the file is larger than the format can hold, or needs more memory than there is.
        """
        with container_errors_as_ours():
            parts = list(self._filled(self._apart()))
            pieces = tuple(part.piece for part in parts)
            recipe = Recipe(len(self._data), hashlib.sha256(self._data).digest(), pieces)
            return Source.of(recipe, b"".join(part.literals for part in parts))

    def _raw(self, stream: Stream, laid: Laid) -> Made | None:
        span = _span(stream)
        try:
            piece = Piece.samples(stream.picture, laid.header, laid.serial)
            same = span is not None and _spares(piece) and laid.content == self._data[span[0] : span[1]]
            return Made(span[0], piece) if span and same else None
        except (ContainerError, HybridcodecError):
            return None  # samples and layout do not fit: the bytes stay as they are

    def _named(self, method: Method, stream: Stream, laid: Laid, before: bytes) -> tuple[Made | None, bytes]:
        again = [Proposal(stream.spans, before)] if before else []
        try:
            proposals = chain(again, method.propose(self._data, stream, laid))
            for spans, parameters in islice(proposals, _TRIALS):
                start, end, gaps = spans[0][0], sum(spans[-1]), gaps_of(self._data, spans)
                written = b"" if gaps is None else pack_named(laid.serial, gaps, parameters)
                if gaps is None or len(written) + _LEAST > min(end - start, _MOST_PARAMETERS):
                    continue
                if self._gives(spread(method.make(laid, parameters), gaps), start, end):
                    return Made(start, Piece.named(stream.picture, end - start, method.name, written)), parameters
        except (ContainerError, HybridcodecError):
            pass  # as above
        return None, before

    def _gives(self, parts: Iterator[bytes], start: int, end: int) -> bool:
        place = start
        try:
            for part in parts:
                if part != self._data[place : place + len(part)]:
                    return False
                place += len(part)
        except (ContainerError, HybridcodecError):
            return False
        return place == end

    def _apart(self) -> list[Made]:
        """Return the pieces in file order, without those that lie over others, or all if there are far too many."""
        kept: list[Made] = []
        for made in sorted(self._made, key=lambda made: made.start):
            if not kept or made.start >= kept[-1].end:
                kept.append(made)
        size = sum(PIECE.size + len(made.piece.parameters) for made in kept)
        return kept if 2 * len(kept) < MAX_PIECES // 2 and size < MAX_ANCILLARY_BYTES // 2 else []

    def _filled(self, kept: Sequence[Made]) -> Iterator[Made]:
        """Yield pieces that cover the file: those that are kept, and between them packed and literal ones."""
        place = 0
        for made in kept:
            yield from self._literal(place, made.start)
            yield made
            place = made.end
        yield from self._literal(place, len(self._data))

    def _literal(self, start: int, end: int) -> Iterator[Made]:
        place = start
        for at, until, name, packed in packed_parts(self._data, start, end, tuple(PACKERS.values())):
            yield from self._plain(place, at)
            yield Made(at, Piece.packed(until - at, len(packed), name), packed)
            place = until
        yield from self._plain(place, end)

    def _plain(self, start: int, end: int) -> Iterator[Made]:
        if end > start:
            yield Made(start, Piece.literal(end - start), self._data[start:end])


def source_of(data: bytes, document: Document | None = None) -> Source:
    """Return how to rebuild the file `data` from the exact samples of its pictures; proven before it is returned.

    Args:
        data: the file.
        document: as it was read; None for a file without pictures, or whose pictures are not kept.

    Raises:
        InputError, UnsupportedError, LimitError: a picture cannot be read, as `Document` says.
    """
    maker = Maker(data, document.streams if document else ())
    for number, picture in enumerate(document.pictures if document else ()):
        maker.take(number, picture)
    return maker.finish()


def _span(stream: Stream) -> tuple[int, int] | None:
    """Return where a stream begins and ends that lies in one piece, else None."""
    for (start, length), (following, _) in pairwise(stream.spans):
        if start + length != following:
            return None
    return (stream.spans[0][0], sum(stream.spans[-1])) if stream.spans else None


def _lies_in(stream: Stream, size: int) -> bool:
    there = all(at >= 0 and 0 <= length <= size - at for at, length in stream.spans)
    return there and any(length for _, length in stream.spans)


def _spares(piece: Piece) -> bool:
    return piece.length > len(piece.parameters) + _LEAST

"""Writing a file from its parts, picture by picture. The same parts give the same bytes.

Fronts and backs of pictures lie apart in the file, and the index of an album before both: until the last picture has
come, they wait in temporary files.
"""

import hashlib
import io
import shutil
import tempfile
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from types import TracebackType
from typing import IO, BinaryIO

from hybridcodec_container.chunks import Chunk, pack_body, pack_chunk, seal_body
from hybridcodec_container.errors import ContainerError
from hybridcodec_container.header import Header, check_follows
from hybridcodec_container.index import AlbumEntry, AlbumIndex, pack_index
from hybridcodec_container.layout import DONE, MAX_PICTURES, NO_IDENTITY, Kind, Layers
from hybridcodec_container.order import Order
from hybridcodec_container.picture import Picture, require_extra
from hybridcodec_container.prologue import pack_prologue
from hybridcodec_container.recipe import check_recipe, pack_recipe
from hybridcodec_container.rest import Rest, pack_rest
from hybridcodec_container.source import Source, check_source

_IN_MEMORY = 1 << 24  # bytes of a spool that need no disk
_COPIED = 1 << 20  # bytes copied at once


class AlbumWriter:
    """Writes one file onto a binary stream: `add` every picture, then `finish`; use it in a `with` block.

    Nothing reaches the stream before `finish`. Besides one picture, only headers and the album index are in memory.
    """

    def __init__(self, stream: BinaryIO, folder: str | None = None) -> None:
        """Take a writable binary stream, which need not be seekable and stays open.

        Args:
            stream: receives the file.
            folder: for the temporary files, which together are as large as the file; None: the system's.
        """
        self._stream = stream
        self._fronts: IO[bytes] = tempfile.SpooledTemporaryFile(_IN_MEMORY, dir=folder)  # noqa: SIM115 - see __exit__
        self._backs: IO[bytes] = tempfile.SpooledTemporaryFile(_IN_MEMORY, dir=folder)  # noqa: SIM115
        self._headers: list[Header] = []
        self._entries: list[AlbumEntry] = []
        self._sample_hash: bytes | None = None

    def __enter__(self) -> "AlbumWriter":
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        self._fronts.close()
        self._backs.close()

    def add(self, picture: Picture) -> None:
        """Append a picture, as `Picture.seal` made it.

        Raises:
            ContainerError: if a part is missing, or the picture cannot follow the one before it.
            LimitExceededError: if a part is over its limit, or there are too many pictures.
        """
        picture.require_whole()
        check_follows(picture.header, self._headers[-1] if self._headers else None)
        if picture.header.group_position and picture.header.reference_hash != self._sample_hash:
            raise ContainerError("the picture was made with other samples of the one before it as its reference")
        if len(self._headers) == MAX_PICTURES:
            raise ContainerError(f"a file holds at most {MAX_PICTURES} pictures")
        identity, back = picture.header.identity, 0
        with _all_or_nothing(self._fronts), _all_or_nothing(self._backs):
            front = _pack_part(Order.of_front(0), picture, picture.front(), self._fronts)
            if picture.residual is not None:
                back = _pack_part(Order.of_back(0), picture, picture.back(), self._backs)
        self._headers.append(picture.header)
        self._entries.append(AlbumEntry(front, back, identity))
        self._sample_hash = picture.residual.sample_hash if picture.residual else None

    def finish(self, kept: Source | Rest | None = None, extra: Sequence[tuple[bytes, bytes]] = ()) -> None:
        """Write the file; if this fails, the stream may hold a part of it, which no reader takes for a whole one.

        Args:
            kept: of the source file: recipe and literals, which are written as they are packed; or the rest.
            extra: pairs of kind and payload of further ancillary chunks.

        Raises:
            ContainerError: if there is neither a picture nor a recipe, or recipe and pictures or literals do not fit.
            LimitExceededError: if a part is over its limit.
        """
        if not self._headers and not isinstance(kept, Source):
            raise ContainerError("a file needs a picture, or the recipe of a source file")
        if isinstance(kept, Source):
            check_recipe(kept.recipe, self._headers)
            check_source(kept)
        chunks = [(require_extra(kind), payload) for kind, payload in extra]
        sink = _Sink(self._stream)
        sink.write(pack_prologue())
        if len(self._entries) != 1:
            index = AlbumIndex(tuple(self._entries))
            sink.write(pack_chunk(Kind.ALBUM, pack_index(index.entries)))
        sink.copy(self._fronts)
        sink.copy(self._backs)
        order = Order.of_tail()
        if isinstance(kept, Source):
            order.recipe = kept.recipe
            sink.chunk(order, Kind.RECIPE, pack_recipe(kept.recipe))
            for number, packed in enumerate(kept.packed):
                sink.chunk(order, Kind.LITERALS, packed, number)
        elif kept is not None:
            sink.chunk(order, Kind.REST, pack_rest(kept))
        for kind, payload in chunks:
            sink.chunk(order, kind, payload)
        sink.chunk(order, Kind.DONE, DONE.pack(sink.digest()))


class _Sink:
    """A stream whose bytes are hashed as they pass."""

    def __init__(self, stream: BinaryIO) -> None:
        self._stream = stream
        self._digest = hashlib.sha256()
        self._written = 0

    def write(self, data: bytes) -> int:
        self._stream.write(data)
        self._digest.update(data)
        self._written += len(data)
        return len(data)

    def copy(self, spool: IO[bytes]) -> None:
        spool.seek(0)
        shutil.copyfileobj(spool, self, _COPIED)

    def chunk(self, order: Order, kind: bytes, payload: bytes, index: int = 0) -> None:
        chunk = Chunk(kind, index, self._written, len(payload))
        order.accept(chunk)
        self.write(pack_chunk(kind, payload, index))

    def digest(self) -> bytes:
        return self._digest.digest()


def write_container(
    pictures: Sequence[Picture],
    source: Source | None = None,
    extra: Sequence[tuple[bytes, bytes]] = (),
    rest: Rest | None = None,
) -> bytes:
    """Return a complete file.

    Args:
        pictures: as `Picture.seal` made them.
        source: recipe and literals of the source file.
        extra: pairs of kind and payload of further ancillary chunks behind the pictures.
        rest: of the source file, where there is no `source`.

    Raises:
        ContainerError: as `AlbumWriter` does.
        LimitExceededError: if a part is over its limit.
    """
    if source is not None and rest is not None:
        raise ContainerError("a file holds the recipe of its source file or the rest of it, not both")
    stream = io.BytesIO()
    with AlbumWriter(stream) as writer:
        for picture in pictures:
            writer.add(picture)
        writer.finish(source or rest, extra)
    return stream.getvalue()


@contextmanager
def _all_or_nothing(spool: IO[bytes]) -> Iterator[None]:
    """Take back what was appended to a spool if something fails."""
    place = spool.tell()
    try:
        yield
    except BaseException:
        spool.seek(place)
        spool.truncate()
        raise


def _pack_part(order: Order, picture: Picture, chunks: Iterable[tuple[bytes, bytes, int]], spool: IO[bytes]) -> int:
    """Append chunks to a spool, in the order that readers demand; return how many bytes they have."""
    written = 0
    layers = {Kind.BASE_LAYER: Layers.BASE, Kind.DISPLAY_LAYER: Layers.DISPLAY, Kind.RESIDUAL_LAYER: Layers.RESIDUAL}
    for kind, payload, index in chunks:
        chunk = Chunk(kind, index, written, len(payload))
        order.accept(chunk)
        if kind == Kind.HEAD:
            order.header = picture.header
        if kind in layers:
            order.layer = picture.layer(layers[Kind(kind)])
        identity = NO_IDENTITY if kind == Kind.HEAD else picture.header.identity
        spool.write(seal_body(pack_body(kind, payload, index), identity))
        written = chunk.end
    order.end(written)
    return written

"""The order of chunks as a small state machine; readers and writer share it."""

from collections.abc import Iterator

from hybridcodec_container import layout
from hybridcodec_container.chunks import Chunk, is_ancillary, walk
from hybridcodec_container.errors import CorruptError, LimitExceededError, UnsupportedContainerError
from hybridcodec_container.header import Header
from hybridcodec_container.layout import Kind

_SEQUENCE = (Kind.HEAD, Kind.BASE_COMMON, Kind.TILE_INDEX, Kind.BASE, Kind.RESIDUAL, Kind.DONE)
_METADATA = (Kind.ICC, Kind.EXIF, Kind.XMP)


class Order:
    """Accepts chunks one by one and fails at the first that must not stand where it stands.

    Ancillary chunks stand between HEAD and BCOM, or between the last tile and DONE; those that this version knows only
    in the first place, each at most once, in the order of `Kind`.
    """

    def __init__(self) -> None:
        self._totals = dict.fromkeys(_SEQUENCE, 1)
        self._stage = 0  # position in _SEQUENCE
        self._seen = 0  # chunks of this stage so far
        self._metadata = 0  # known metadata kinds that can no longer come
        self._ancillary_chunks = 0
        self._ancillary_bytes = 0

    def set_tiles(self, header: Header) -> None:
        """Say how many tile chunks must come; to be called before they do."""
        self._totals[Kind.BASE] = header.base_tiles.count
        self._totals[Kind.RESIDUAL] = header.residual_tiles.count

    def accept(self, chunk: Chunk) -> None:
        """Take the next chunk.

        Raises:
            UnsupportedContainerError: if it is critical and unknown.
            CorruptError: if another chunk must come here.
            LimitExceededError: if there are too many ancillary chunks, or they are too large together.
        """
        while self._seen >= self._totals[_SEQUENCE[self._stage]]:
            self._stage, self._seen = self._stage + 1, 0
        wanted = Chunk(_SEQUENCE[self._stage].value, self._seen, chunk.offset, 0)
        if is_ancillary(chunk.kind):
            self._accept_ancillary(chunk, wanted)
        elif chunk.kind not in _SEQUENCE:
            raise UnsupportedContainerError(f"the {chunk.name} at byte {chunk.offset} needs a later version to be read")
        elif (chunk.kind, chunk.index) != (wanted.kind, wanted.index):
            raise _misplaced(chunk, wanted)
        else:
            self._seen += 1

    def _accept_ancillary(self, chunk: Chunk, wanted: Chunk) -> None:
        known = chunk.kind in _METADATA
        if chunk.index or wanted.kind not in ((Kind.BASE_COMMON,) if known else (Kind.BASE_COMMON, Kind.DONE)):
            raise _misplaced(chunk, wanted)
        if known:
            place = _METADATA.index(Kind(chunk.kind))
            if place < self._metadata:
                raise _misplaced(chunk, wanted)
            self._metadata = place + 1
        self._ancillary_chunks += 1
        self._ancillary_bytes += chunk.length
        if self._ancillary_chunks > layout.MAX_ANCILLARY_CHUNKS:
            raise LimitExceededError(f"more than {layout.MAX_ANCILLARY_CHUNKS} ancillary chunks")
        if self._ancillary_bytes > layout.MAX_ANCILLARY_BYTES:
            raise LimitExceededError(f"ancillary chunks of more than {layout.MAX_ANCILLARY_BYTES} bytes together")


def walk_in_order(data: bytes, header: Header) -> Iterator[Chunk]:
    """Yield the chunks of a file up to the end chunk, each in its place, payloads unproven.

    Raises:
        ContainerError: as `walk` and `Order.accept` do.
    """
    order = Order()
    order.set_tiles(header)
    for chunk in walk(data):
        order.accept(chunk)
        yield chunk


def _misplaced(chunk: Chunk, wanted: Chunk) -> CorruptError:
    return CorruptError(
        f"at byte {chunk.offset} the {wanted.name} must come, found the {chunk.name} with index {chunk.index}"
    )

"""Which chunks of a damaged file are whole: what its scan finds, put into the places that the header knows.

A chunk counts if its own digest holds, if the tile index (where that is whole) agrees with its length, and if no other
chunk claims to be the same tile with other bytes.
"""

from dataclasses import dataclass, field

import hybridcodec_container as container
from hybridcodec_container import ChunkReport, Header, Kind, TileIndex
from hybridcodec_container.chunks import is_ancillary
from hybridcodec_container.index import unpack_index
from hybridcodec_container.layout import CHUNK_OVERHEAD, DIGEST_BYTES, VERSION_MINOR
from hybridcodec_container.metadata import FIELDS, unpack_metadata
from hybridcodec_container.parts import read_head

from hybridcodec.errors import CorruptFileError, LimitError, UnsupportedError
from hybridcodec.image import Metadata
from hybridcodec.limits import require_pixels

_CRITICAL = {Kind.HEAD, Kind.BASE_COMMON, Kind.TILE_INDEX, Kind.BASE, Kind.RESIDUAL, Kind.DONE}
_SCANNED_ONLY = ("file", "????")  # what the scan calls the prologue and bytes that belong to no chunk


@dataclass(frozen=True)
class Survivors:
    """What is left of a file.

    Attributes:
        header: facts about the picture, proven.
        common: payload of BCOM, None where it is lost.
        base: payloads of the base tiles, raster order, None where one is lost.
        residual: payloads of the residual tiles, likewise.
        reasons: why each lost tile is lost, by kind and number.
        metadata: as far as it is whole.
        fault: what the strict reader refuses the file for; empty if it does not.
        chunks: every stretch of the file, as scanned.
    """

    header: Header
    common: bytes | None
    base: tuple[bytes | None, ...]
    residual: tuple[bytes | None, ...]
    reasons: dict[tuple[Kind, int], str]
    metadata: Metadata
    fault: str
    chunks: tuple[ChunkReport, ...]


@dataclass
class _Found:
    """Payloads of whole chunks and reasons of damaged ones, by kind and number."""

    payloads: dict[tuple[bytes, int], set[bytes]] = field(default_factory=dict)
    reasons: dict[tuple[bytes, int], str] = field(default_factory=dict)

    def only(self, kind: Kind, number: int = 0) -> bytes | None:
        """Return the payload if there is exactly one."""
        payloads = self.payloads.get((kind.value, number), set())
        return next(iter(payloads)) if len(payloads) == 1 else None

    def reason(self, kind: Kind, number: int) -> str:
        """Say why there is none."""
        if len(self.payloads.get((kind.value, number), ())) > 1:
            return "found more than once, with different content"
        return self.reasons.get((kind.value, number), "missing: no chunk of it was found")


def find_survivors(data: bytes, max_pixels: int | None = None) -> Survivors:
    """Return what is whole in a file.

    Raises:
        CorruptFileError: the header is damaged: nothing can be made of the rest.
        UnsupportedError: the file needs a later version.
        LimitError: the header claims more than `max_pixels`.
    """
    header = _header(data)
    require_pixels(header.width, header.height, max_pixels)
    chunks = tuple(container.scan_container(data))
    found = _collect(data, chunks)
    index = _index(found, header)
    reasons: dict[tuple[Kind, int], str] = {}
    layers = {
        kind: tuple(_tile(found, kind, number, index, reasons) for number in range(grid.count))
        for kind, grid in ((Kind.BASE, header.base_tiles), (Kind.RESIDUAL, header.residual_tiles))
    }
    return Survivors(
        header,
        found.only(Kind.BASE_COMMON),
        layers[Kind.BASE],
        layers[Kind.RESIDUAL],
        reasons,
        _metadata(found),
        _fault(data),
        chunks,
    )


def _header(data: bytes) -> Header:
    try:
        version, header, _ = read_head(data)
    except container.LimitExceededError as error:
        raise LimitError(str(error)) from error
    except container.UnsupportedContainerError as error:
        raise UnsupportedError(str(error)) from error
    except container.ContainerError as error:
        raise CorruptFileError(f"nothing can be salvaged without a whole header: {error}") from error
    if version.minor > VERSION_MINOR:  # a chunk kind that is unknown here may hide in a damaged stretch
        raise UnsupportedError(f"a damaged file of version {version.major}.{version.minor} needs that version")
    return header


def _fault(data: bytes) -> str:
    try:
        container.read_container(data)
    except container.ContainerError as error:
        return str(error)
    return ""


def _collect(data: bytes, chunks: tuple[ChunkReport, ...]) -> _Found:
    found = _Found()
    for report in chunks:
        if report.kind in _SCANNED_ONLY:
            continue
        kind = report.kind.encode("ascii")
        if not is_ancillary(kind) and kind not in _CRITICAL:
            raise UnsupportedError(f"the {report.kind} chunk at byte {report.offset} needs a later version to be read")
        if report.intact:
            start, end = report.offset + CHUNK_OVERHEAD - DIGEST_BYTES, report.offset + report.length - DIGEST_BYTES
            found.payloads.setdefault((kind, report.index), set()).add(data[start:end])
        else:
            found.reasons[kind, report.index] = report.reason
    return found


def _index(found: _Found, header: Header) -> TileIndex | None:
    payload = found.only(Kind.TILE_INDEX)
    try:
        return None if payload is None else unpack_index(payload, header)
    except container.ContainerError:
        return None


def _tile(
    found: _Found, kind: Kind, number: int, index: TileIndex | None, reasons: dict[tuple[Kind, int], str]
) -> bytes | None:
    payload = found.only(kind, number)
    if payload is None:
        reasons[kind, number] = found.reason(kind, number)
    elif index is not None and index.locate(kind, number).length != len(payload):
        reasons[kind, number] = "not the tile that the tile index knows: its length differs"
        return None
    return payload


def _metadata(found: _Found) -> Metadata:
    whole = {}
    for kind, name in FIELDS.items():
        payload = found.only(kind)
        try:
            whole[name] = b"" if payload is None else unpack_metadata(payload)
        except container.ContainerError:
            continue
    return Metadata(**whole)

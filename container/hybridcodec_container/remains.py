"""What is left of a damaged file: the whole chunks that a scan finds, put into their places.

It differs from `read_cut`, which refuses damage, in that every chunk stands for itself: it counts if its digest holds
for its picture, if no other chunk claims the same place with other bytes, and if the tile table, if left, agrees.
"""

from collections.abc import Callable
from dataclasses import dataclass, field, replace
from typing import TypeVar

from hybridcodec_container.chunks import is_ancillary
from hybridcodec_container.errors import ContainerError, CorruptError, UnsupportedContainerError
from hybridcodec_container.header import Header, unpack_header
from hybridcodec_container.layer import Layer, Tile, unpack_layer
from hybridcodec_container.layout import ABSENT, LAYER_KINDS, PROLOGUE, VERSION_MINOR, Kind, Layers
from hybridcodec_container.metadata import FIELDS, Metadata, unpack_metadata
from hybridcodec_container.order import FILE
from hybridcodec_container.palette import unpack_palette
from hybridcodec_container.picture import Picture
from hybridcodec_container.prologue import Version, read_prologue
from hybridcodec_container.reader import read_container
from hybridcodec_container.recipe import unpack_recipe
from hybridcodec_container.rest import Rest, unpack_rest
from hybridcodec_container.scan import GAP_KIND, PROLOGUE_KIND, ChunkReport, scan_container
from hybridcodec_container.source import Source
from hybridcodec_container.tone import unpack_tone

_Place = tuple[int, bytes, int]  # number of the picture or FILE, kind, index
_KNOWN = frozenset(kind.value for kind in Kind)
_STRETCHES = frozenset({PROLOGUE_KIND.encode("ascii"), GAP_KIND.encode("ascii")})
_Value = TypeVar("_Value")


@dataclass(frozen=True)
class Remains:
    """What is left of a file.

    Attributes:
        pictures: by number; those whose header is whole. Parts and payloads of tiles that are lost are None.
        source: recipe and literals, if all of them are whole.
        reasons: why a part is lost, by number of the picture (-1: the file), kind and index.
        fault: what the strict reader refuses the file for; empty if it does not.
        reports: every stretch of the file, as scanned.
        version: of the format; None if that is lost.
        rest: of the source file, if it is whole.
    """

    pictures: dict[int, Picture]
    source: Source | None
    reasons: dict[tuple[int, bytes, int], str]
    fault: str
    reports: tuple[ChunkReport, ...]
    version: Version | None
    rest: Rest | None = None


def read_remains(data: bytes) -> Remains:
    """Return what is whole in a file, whatever happened to the rest.

    Raises:
        CorruptError: if no header of a picture is whole, and no recipe: nothing can be made of the rest.
        UnsupportedContainerError: if the only headers are of a later version, or a chunk is that a reader must know, or
            the file is damaged and of a later minor version, so that such a chunk may hide in it.
        LimitExceededError: if the only headers are over a limit.
    """
    fault = ""
    try:
        read_container(data)
    except ContainerError as error:
        fault = str(error)
    reports = tuple(scan_container(data))
    version = _version(data)
    _require_known(reports, version, fault)
    found = _Found(data, reports)
    numbers = sorted(number for number, kind, _ in found.payloads if kind == Kind.HEAD and number != FILE)
    pictures = {number: picture for number in numbers if (picture := found.picture(number)) is not None}
    source = found.source()
    if not pictures and source is None:
        raise found.errors[0] if found.errors else CorruptError(f"nothing is left without a whole header: {fault}")
    return Remains(pictures, source, found.reasons, fault, reports, version, found.rest())


def _version(data: bytes) -> Version | None:
    try:
        return read_prologue(data[: PROLOGUE.size])
    except CorruptError:
        return None


def _require_known(reports: tuple[ChunkReport, ...], version: Version | None, fault: str) -> None:
    for report in reports:
        kind = report.kind.encode("ascii")
        if kind not in _KNOWN and kind not in _STRETCHES and not is_ancillary(kind):
            raise UnsupportedContainerError(f"the {report.kind} chunk at byte {report.offset} needs a later version")
    if fault and version is not None and version.minor > VERSION_MINOR:
        raise UnsupportedContainerError(f"a damaged file of version {version.major}.{version.minor} needs that version")


@dataclass
class _Found:
    """Payloads of whole chunks by place, and what is wrong where none is."""

    data: bytes
    reports: tuple[ChunkReport, ...]
    payloads: dict[_Place, set[bytes]] = field(default_factory=dict)
    reasons: dict[_Place, str] = field(default_factory=dict)
    errors: list[ContainerError] = field(default_factory=list)

    def __post_init__(self) -> None:
        self._damaged: dict[tuple[bytes, int], str] = {}
        self._extra: dict[int, list[tuple[bytes, bytes]]] = {}
        for report in self.reports:
            kind = report.kind.encode("ascii")
            if report.intact and kind not in _STRETCHES:
                payload = report.payload(self.data)
                self.payloads.setdefault((report.picture, kind, report.index), set()).add(payload)
                if kind not in _KNOWN:
                    self._extra.setdefault(report.picture, []).append((kind, payload))
            else:
                self._damaged.setdefault((kind, report.index), report.reason)

    def picture(self, number: int) -> Picture | None:
        """Return a picture with the parts that are whole."""
        header = self._read(number, Kind.HEAD, unpack_header)
        if header is None:
            return None
        layers = {which: self._layer(number, header, which) for which in Layers if header.layers & which}
        toned = (number, Kind.TONE.value, 0) in self.payloads
        try:
            return Picture(
                header=header,
                metadata=self._metadata(number),
                palette=self._read(number, Kind.PALETTE, unpack_palette) if header.indexed else None,
                tone=self._read(number, Kind.TONE, unpack_tone) if header.needs_tone or toned else None,
                base=layers.get(Layers.BASE),
                display=layers.get(Layers.DISPLAY),
                residual=layers.get(Layers.RESIDUAL),
            )
        except ContainerError as error:  # whole parts that contradict each other: forged, and of no use
            self._lose((number, Kind.HEAD.value, 0), error)
            return None

    def source(self) -> Source | None:
        """Return recipe and literals, if all of them are whole."""
        if not any(kind == Kind.RECIPE for _, kind, _ in self.payloads):
            return None
        recipe = self._read(FILE, Kind.RECIPE, unpack_recipe)
        if recipe is None:
            return None
        packed = [self._payload((FILE, Kind.LITERALS.value, index)) for index in range(recipe.literal_chunks)]
        return Source(recipe, tuple(part for part in packed if part is not None)) if None not in packed else None

    def rest(self) -> Rest | None:
        """Return the rest of the source file, if it is whole."""
        return self._read(FILE, Kind.REST, unpack_rest) if self._has(FILE, Kind.REST) else None

    def _layer(self, number: int, header: Header, which: Layers) -> Layer | None:
        kind, tile_kind = LAYER_KINDS[which]
        layer = self._read(number, kind, lambda payload: unpack_layer(payload, header, which))
        if layer is None:
            return None
        tiles = (self._tile(tile, (number, tile_kind.value, place)) for place, tile in enumerate(layer.tiles))
        return replace(layer, tiles=tuple(tiles))

    def _tile(self, tile: Tile, place: _Place) -> Tile:
        payload = None if tile.coder == ABSENT else self._payload(place)
        if payload is not None and len(payload) != tile.length:
            self.reasons[place] = "not the tile that the tile table knows: its length differs"
            return tile
        return tile._replace(payload=payload)

    def _metadata(self, number: int) -> Metadata:
        kinds = [(kind, name) for kind, name in FIELDS.items() if self._has(number, kind)]
        known = {name: raw for kind, name in kinds if (raw := self._read(number, kind, unpack_metadata)) is not None}
        return Metadata(**known, extra=tuple(self._extra.get(number, ())))

    def _has(self, number: int, kind: Kind) -> bool:
        return (number, kind.value, 0) in self.payloads

    def _read(self, number: int, kind: Kind, unpack: Callable[[bytes], _Value]) -> _Value | None:
        """Return what the only chunk of a kind says, None if there is none that says something."""
        place = (number, kind.value, 0)
        payload = self._payload(place)
        try:
            return None if payload is None else unpack(payload)
        except ContainerError as error:
            self._lose(place, error)
            return None

    def _payload(self, place: _Place) -> bytes | None:
        """Return the payload of a place if there is exactly one, and note why there is not."""
        payloads = self.payloads.get(place, set())
        if len(payloads) == 1:
            return next(iter(payloads))
        damaged = self._damaged.get(place[1:], "missing: no chunk of it was found")
        self.reasons[place] = "found more than once, with different content" if payloads else damaged
        return None

    def _lose(self, place: _Place, error: ContainerError) -> None:
        self.reasons[place] = str(error)
        self.errors.append(error)

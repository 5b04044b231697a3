"""Reading files: strictly as a whole, what arrived of a cut one, or headers alone.

`album.py` reads one picture or one tile of many; `scan.py` is for what all of these refuse: damaged files.
"""

from collections.abc import Callable, Iterable
from dataclasses import dataclass, replace
from typing import BinaryIO

from hybridcodec_container.checks import reading
from hybridcodec_container.chunks import Chunk, is_ancillary
from hybridcodec_container.errors import TruncatedError
from hybridcodec_container.layer import Layer
from hybridcodec_container.layout import PROLOGUE, Kind, Layers
from hybridcodec_container.medium import Medium
from hybridcodec_container.metadata import FIELDS, NO_METADATA, Metadata, unpack_metadata
from hybridcodec_container.order import Order
from hybridcodec_container.palette import unpack_palette
from hybridcodec_container.picture import Picture
from hybridcodec_container.prologue import Version, read_prologue
from hybridcodec_container.rest import Rest, unpack_rest
from hybridcodec_container.source import Source, check_literals
from hybridcodec_container.survey import Outline, Survey
from hybridcodec_container.tone import unpack_tone

_PARTS: dict[bytes, str] = {
    Kind.BASE_LAYER: "base",
    Kind.BASE: "base",
    Kind.DISPLAY_LAYER: "display",
    Kind.DISPLAY: "display",
    Kind.RESIDUAL_LAYER: "residual",
    Kind.RESIDUAL: "residual",
    Kind.RECIPE: "source",
    Kind.LITERALS: "source",
    Kind.REST: "rest",
}


@dataclass(frozen=True)
class File:
    """The parts of a file.

    Attributes:
        pictures: those that arrived, from the first on.
        source: recipe and literals of the source file, as far as they arrived.
        extra: pairs of kind and payload of the unknown ancillary chunks behind the pictures.
        expected: how many pictures the whole file has.
        complete: whether the end chunk was there and everything is proven.
        version: of the format.
        rest: what the source file held besides the samples, where it is not kept whole.
    """

    pictures: tuple[Picture, ...]
    source: Source | None
    extra: tuple[tuple[bytes, bytes], ...]
    expected: int
    complete: bool
    version: Version
    rest: Rest | None = None


@dataclass(frozen=True)
class Overview:
    """What a file says of itself, and where its bytes go: the parts add up to the whole of a complete file.

    Attributes:
        pictures: those whose header arrived, without metadata and without payloads of tiles.
        expected: how many pictures the whole file has.
        file_bytes: all bytes given.
        base_bytes: BLYR and BASE chunks with their framing.
        display_bytes: dlyr and dtil chunks with their framing.
        residual_bytes: RLYR and RESI chunks with their framing.
        source_bytes: sRCP and sLIT chunks with their framing.
        rest_bytes: srst chunk with its framing.
        metadata_bytes: other ancillary chunks with their framing.
        frame_bytes: prologue, album index, headers, palettes, tone maps, end chunk.
        metadata_kinds: kinds of the other ancillary chunks, in file order.
        complete: whether the end chunk is there; payloads that are not in `pictures` are not proven.
        version: of the format.
    """

    pictures: tuple[Picture, ...]
    expected: int
    file_bytes: int
    base_bytes: int
    display_bytes: int
    residual_bytes: int
    source_bytes: int
    rest_bytes: int
    metadata_bytes: int
    frame_bytes: int
    metadata_kinds: tuple[str, ...]
    complete: bool
    version: Version


def read_container(data: bytes) -> File:
    """Return the parts of a complete file, every byte of it proven.

    Raises:
        TruncatedError: if the file ends before its end chunk.
        CorruptError: if bytes contradict their checksums or the format.
        UnsupportedContainerError: if the file needs a later version.
        LimitExceededError: if a size is over its limit.
    """
    version, survey = survey_file(Medium(data))
    if survey.fault:
        raise survey.fault
    return _build_file(version, survey)


def read_cut(data: bytes) -> File:
    """Return what arrived of a file that may end too early; a complete file gives what `read_container` does.

    Parts that did not arrive are None in `Picture`, and so are payloads of tiles.

    Raises:
        TruncatedError: if not even one layer of a picture arrived, so that there is nothing to show.
        CorruptError: if what arrived is damaged rather than cut.
        UnsupportedContainerError: if the file needs a later version.
        LimitExceededError: if a size is over its limit.
    """
    version, survey = survey_file(Medium(data))
    if survey.fault and not any(outline.layers for outline in survey.pictures.values()):
        raise survey.fault
    return _build_file(version, survey)


def read_header(data: bytes | BinaryIO) -> Overview:
    """Return headers, layers and where the bytes go: cheap, because tiles are not proven; good for a cut file too.

    Args:
        data: the file, or a seekable binary stream of it.

    Raises:
        TruncatedError: if no header has arrived.
        CorruptError: if headers, layers or framing are damaged.
        UnsupportedContainerError: if the file needs a later version.
        LimitExceededError: if a size is over its limit.
    """
    medium = Medium(data)
    version, survey = survey_file(medium)
    if survey.fault and not survey.pictures:
        raise survey.fault
    sizes = dict.fromkeys((*_PARTS.values(), "metadata", "frame"), 0)
    sizes["frame"] = PROLOGUE.size
    for chunk, _ in survey.chunks:
        sizes[_part(chunk)] += chunk.size
    return Overview(
        pictures=tuple(
            build_picture(outline, survey.loader(number), whole=False) for number, outline in survey.pictures.items()
        ),
        expected=_expected(survey),
        file_bytes=medium.size,
        base_bytes=sizes["base"],
        display_bytes=sizes["display"],
        residual_bytes=sizes["residual"],
        source_bytes=sizes["source"],
        rest_bytes=sizes["rest"],
        metadata_bytes=sizes["metadata"],
        frame_bytes=sizes["frame"],
        metadata_kinds=tuple(chunk.kind.decode("ascii") for chunk, _ in survey.chunks if _part(chunk) == "metadata"),
        complete=survey.end is not None,
        version=version,
    )


def survey_file(medium: Medium, *, predict: bool = False) -> tuple[Version, Survey]:
    """Return version and survey of a whole file; where it is cut, the survey has a `fault`.

    Raises:
        ContainerError: as `read_container` does, but for payloads of tiles and metadata.
    """
    version = read_prologue(medium.read(0, PROLOGUE.size))
    survey = Survey(medium)
    try:
        survey.run(Order.of_file(), PROLOGUE.size, predict=predict)
    except TruncatedError:
        if survey.fault is None:
            raise
    return version, survey


def build_picture(outline: Outline, load: Callable[[Chunk], bytes], *, whole: bool = True) -> Picture:
    """Return a picture from where its parts lie.

    Args:
        outline: of the picture.
        load: gives the payload of a chunk.
        whole: with metadata and payloads of tiles.

    Raises:
        CorruptError: if parts do not fit each other.
    """
    layers = {
        which: _with_payloads(layer, outline.tiles[which], load) if whole else layer
        for which, layer in outline.layers.items()
    }
    with reading("picture"):
        return Picture(
            header=outline.header,
            metadata=_build_metadata(outline.ancillary, load) if whole else NO_METADATA,
            palette=unpack_palette(load(outline.palette)) if outline.palette else None,
            tone=unpack_tone(load(outline.tone)) if outline.tone else None,
            base=layers.get(Layers.BASE),
            display=layers.get(Layers.DISPLAY),
            residual=layers.get(Layers.RESIDUAL),
        )


def _build_file(version: Version, survey: Survey) -> File:
    payloads = {chunk: payload for chunk, _, payload in survey.prove()}
    pictures = tuple(build_picture(outline, payloads.__getitem__) for outline in survey.pictures.values())
    with reading("file"):
        for picture in pictures:
            if survey.end:
                picture.require_whole()
    source = None
    if survey.recipe is not None:
        source = Source(survey.recipe, tuple(payloads[chunk] for chunk in survey.literals))
        for index, packed in enumerate(source.packed):
            check_literals(survey.recipe, index, packed)
    extra = tuple((chunk.kind, payloads[chunk]) for chunk in survey.extra)
    rest = unpack_rest(payloads[survey.rest]) if survey.rest else None
    return File(pictures, source, extra, _expected(survey), survey.end is not None, version, rest)


def _build_metadata(chunks: Iterable[Chunk], load: Callable[[Chunk], bytes]) -> Metadata:
    names: dict[bytes, str] = {kind.value: name for kind, name in FIELDS.items()}
    known: dict[str, bytes] = {}
    extra: list[tuple[bytes, bytes]] = []
    for chunk in chunks:
        if chunk.kind in names:
            known[names[chunk.kind]] = unpack_metadata(load(chunk))
        else:
            extra.append((chunk.kind, load(chunk)))
    return Metadata(**known, extra=tuple(extra))


def _with_payloads(layer: Layer, chunks: dict[int, Chunk], load: Callable[[Chunk], bytes]) -> Layer:
    tiles = (
        tile._replace(payload=load(chunks[number])) if number in chunks else tile
        for number, tile in enumerate(layer.tiles)
    )
    return replace(layer, tiles=tuple(tiles))


def _expected(survey: Survey) -> int:
    return len(survey.index.entries) if survey.index else 1


def _part(chunk: Chunk) -> str:
    return _PARTS.get(chunk.kind, "metadata" if is_ancillary(chunk.kind) else "frame")

"""What is whole of one picture of a damaged file: its parts, and why the others are lost."""

from dataclasses import dataclass

from hybridcodec_container import ABSENT, ChunkReport, Kind, Layers, Picture, Remains
from hybridcodec_container.layout import LAYER_KINDS

from hybridcodec.errors import CorruptFileError, InputError, UnsupportedError
from hybridcodec.kinds import GRAY, SampleKind
from hybridcodec.layers import kind_of

_ALBUM, _TONE = (kind.value.decode("ascii") for kind in (Kind.ALBUM, Kind.TONE))


@dataclass(frozen=True)
class Survivors:
    """What is left of a picture.

    Attributes:
        picture: with the parts that are whole; tiles that are lost have no payload.
        lost_layers: why, for each layer of which nothing can be made.
        lost_tiles: why, for each tile of the other layers that should be there and is not, by layer and number.
        fault: what the strict reader refuses the file for; empty if it does not.
        chunks: every stretch of the file, as scanned.
        number: of the picture in its file.
    """

    picture: Picture
    lost_layers: dict[Layers, str]
    lost_tiles: dict[tuple[Layers, int], str]
    fault: str
    chunks: tuple[ChunkReport, ...]
    number: int = 0

    @property
    def kind(self) -> SampleKind:
        """What the samples are; where their palette is lost, indices that are shown as gray."""
        header = self.picture.header
        if header.indexed and self.picture.palette is None:
            return SampleKind((*GRAY, *header.roles[1:]), header.bit_depth)
        return kind_of(self.picture)

    @property
    def preview_is_of_samples(self) -> bool:
        """Whether the preview has the units of the samples: it can stand where they are lost, and below them."""
        toned = any(report.kind == _TONE and report.picture == self.number for report in self.chunks)
        header, complete = self.picture.header, not self.lost_layers
        if complete and self.kind.plain and self.picture.parts_hash() != header.parts_hash:
            toned = True  # the header commits to a part that is gone without a trace
        return bool(header.layers & Layers.BASE) and self.kind.plain and not toned and not header.indexed


def find_survivors(remains: Remains, number: int | None = None) -> Survivors:
    """Return what is whole of picture `number`, from 0, of a file of which `remains` are left.

    Raises:
        CorruptFileError: the header of the picture is damaged: nothing can be made of the rest.
        InputError: there is no such picture, or there are several and no number says which.
        UnsupportedError: there is none, and should be none.
    """
    number = _chosen(remains, number)
    picture = remains.pictures.get(number)
    if picture is None:
        reason = remains.reasons.get((number, Kind.HEAD.value, 0), remains.fault)
        raise CorruptFileError(f"nothing can be salvaged without a whole header: {reason}")
    lost_layers: dict[Layers, str] = {}
    lost_tiles: dict[tuple[Layers, int], str] = {}
    for which, (kind, tile_kind) in LAYER_KINDS.items():
        layer = picture.layer(which)
        if layer is None and picture.header.layers & which:
            lost_layers[which] = remains.reasons[number, kind.value, 0]
        for place, tile in enumerate(layer.tiles if layer else ()):
            if tile.coder != ABSENT and tile.payload is None:
                lost_tiles[which, place] = remains.reasons[number, tile_kind.value, place]
    return Survivors(picture, lost_layers, lost_tiles, remains.fault, remains.reports, number)


def _chosen(remains: Remains, number: int | None) -> int:
    """Return the number of the picture that is meant: a file with an album index, whole or not, needs one."""
    last = max((report.picture for report in remains.reports), default=0)
    if last < 0:  # nothing of any picture, which may be as it should
        if not remains.fault:
            raise UnsupportedError("this file holds no picture, only another file; restore it")
        return number or 0
    if number is None and (last > 0 or any(report.kind == _ALBUM for report in remains.reports)):
        raise InputError(f"this file holds several pictures: say which, 0 to {last}")
    if number is not None and number > last and not remains.fault:
        raise InputError(f"there is no picture {number} in this file; found 0 to {last}")
    return number or 0

"""A picture: header, metadata, palette, tone map and up to three layers, which fit each other."""

from collections.abc import Iterator
from dataclasses import dataclass, replace

from hybridcodec_container.chunks import is_ancillary, is_kind, pack_body
from hybridcodec_container.errors import ContainerError
from hybridcodec_container.header import Header, pack_header
from hybridcodec_container.identity import hash_parts
from hybridcodec_container.layer import Layer, check_layer, pack_layer
from hybridcodec_container.layout import ABSENT, LAYER_KINDS, ContainerMode, Kind, Layers
from hybridcodec_container.metadata import FIELDS, NO_METADATA, Metadata, pack_metadata
from hybridcodec_container.palette import Palette, pack_palette
from hybridcodec_container.tone import Tone, pack_tone

_KINDS = frozenset(kind.value for kind in Kind)


@dataclass(frozen=True, kw_only=True)
class Picture:
    """The parts of one picture; construction fails where they do not fit each other.

    A writer takes only whole pictures, made by `Picture.seal`. In what readers return, parts may be missing: what a cut
    file has lost, and what was not asked for.

    Attributes:
        header: facts about the picture.
        metadata: of the picture, and unknown ancillary chunks.
        palette: where the first channel holds indices.
        tone: how the base picture was made of the samples, where that is not plain.
        base: layer of the preview.
        display: layer of a picture that is shown instead of the base picture.
        residual: layer of the exact samples.
    """

    header: Header
    metadata: Metadata = NO_METADATA
    palette: Palette | None = None
    tone: Tone | None = None
    base: Layer | None = None
    display: Layer | None = None
    residual: Layer | None = None

    def __post_init__(self) -> None:
        header = self.header
        for which in Layers:
            layer = self.layer(which)
            if layer is not None:
                if not header.layers & which:
                    raise ContainerError(f"the header knows no {str(which.name).lower()} layer")
                check_layer(layer, header, which)
        if self.palette is not None and (not header.indexed or self.palette.count > 1 << header.bit_depth):
            raise ContainerError(f"a palette of {self.palette.count} colours does not fit the header")
        toneless = header.indexed or header.mode is ContainerMode.GUARDED or not header.layers & Layers.BASE
        if self.tone is not None and toneless:
            raise ContainerError("a tone map needs a base layer, no palette, and another mode than guarded")

    @classmethod
    def seal(
        cls,
        header: Header,
        *,
        metadata: Metadata = NO_METADATA,
        palette: Palette | None = None,
        tone: Tone | None = None,
        base: Layer | None = None,
        display: Layer | None = None,
        residual: Layer | None = None,
    ) -> "Picture":
        """Return a whole picture whose header commits to its other parts.

        Raises:
            ContainerError: if a part is missing, or parts do not fit each other.
        """
        picture = cls(
            header=header,
            metadata=metadata,
            palette=palette,
            tone=tone,
            base=base,
            display=display,
            residual=residual,
        )
        sealed = replace(picture, header=replace(header, parts_hash=picture.parts_hash()))
        sealed.require_whole()
        return sealed

    def layer(self, which: Layers) -> Layer | None:
        """Return one layer."""
        return {Layers.BASE: self.base, Layers.DISPLAY: self.display, Layers.RESIDUAL: self.residual}[which]

    def parts_hash(self) -> bytes:
        """Return what the header must hold to commit to the other parts: 8 bytes."""
        return hash_parts(pack_body(kind, payload) for kind, payload in self._critical())

    def require_whole(self, *, payloads: bool = True) -> None:
        """Check that nothing is missing; without `payloads`, nothing but those of the tiles.

        Raises:
            ContainerError: if something is, or the header commits to other parts.
        """
        header = self.header
        for which in Layers:
            layer = self.layer(which)
            if layer is None and header.layers & which:
                raise ContainerError(f"the {str(which.name).lower()} layer is missing")
            if payloads and layer is not None and layer.arrived < 1:
                raise ContainerError(f"tiles of the {str(which.name).lower()} layer are missing")
        if header.indexed and self.palette is None:
            raise ContainerError("the palette is missing")
        if header.needs_tone and self.tone is None:
            raise ContainerError(f"{header.bit_depth} bits, signed or not, need a tone map for the base picture")
        if header.parts_hash != self.parts_hash():
            raise ContainerError("the header commits to other parts: seal the picture")

    def front(self) -> Iterator[tuple[bytes, bytes, int]]:
        """Yield kind, payload and index of the chunks that previews need, from HEAD on.

        Raises:
            ContainerError: if an extra chunk has a bad kind.
        """
        yield Kind.HEAD, pack_header(self.header), 0
        for kind, name in FIELDS.items():
            if getattr(self.metadata, name):
                yield kind, pack_metadata(getattr(self.metadata, name)), 0
        for extra, payload in self.metadata.extra:
            yield require_extra(extra), payload, 0
        for part, payload in self._critical():
            if part != Kind.RESIDUAL_LAYER:
                yield part, payload, 0
                yield from self._tiles(part)

    def back(self) -> Iterator[tuple[bytes, bytes, int]]:
        """Yield kind, payload and index of the chunks that only exact samples need."""
        if self.residual is not None:
            yield Kind.RESIDUAL_LAYER, pack_layer(self.residual), 0
            yield from self._tiles(Kind.RESIDUAL_LAYER)

    def _critical(self) -> Iterator[tuple[Kind, bytes]]:
        """Yield kind and payload of what the header commits to, in file order."""
        if self.palette is not None:
            yield Kind.PALETTE, pack_palette(self.palette)
        if self.tone is not None:
            yield Kind.TONE, pack_tone(self.tone)
        for which, (kind, _) in LAYER_KINDS.items():
            layer = self.layer(which)
            if layer is not None:
                yield kind, pack_layer(layer)

    def _tiles(self, part: bytes) -> Iterator[tuple[bytes, bytes, int]]:
        for which, (kind, tile_kind) in LAYER_KINDS.items():
            layer = self.layer(which)
            if kind == part and layer is not None:
                for number, tile in enumerate(layer.tiles):
                    if tile.coder != ABSENT:
                        yield tile_kind, tile.payload or b"", number


def require_extra(kind: bytes) -> bytes:
    """Return the kind of an extra chunk.

    Raises:
        ContainerError: if it is not ancillary, or one of ours.
    """
    if len(kind) != 4 or not is_kind(kind) or not is_ancillary(kind) or kind in _KINDS:
        raise ContainerError(f"{kind!r} is no kind for an extra chunk: four letters, the first small, none of ours")
    return kind

"""Rewriting a file without its residual layers: what previews need stays as it is, nothing is re-encoded."""

from dataclasses import replace

from hybridcodec_container.chunks import survives_extraction
from hybridcodec_container.errors import ContainerError
from hybridcodec_container.layout import NO_HASH, ContainerMode, HeaderFlag, Layers
from hybridcodec_container.picture import Picture
from hybridcodec_container.reader import read_container
from hybridcodec_container.writer import write_container


def drop_residual(data: bytes, *, keep_rest: bool = False) -> bytes:
    """Return the file in `data` with every picture in perceptual mode: same base and display layers.

    The new headers say that they are extracts and keep the source hashes. Ancillary chunks stay unless their kind says
    that they depend on the residual: the source file does. Its rest does not, and goes all the same unless `keep_rest`:
    it may name a patient, and whoever gives a preview away does not think of it. A file that has none of this comes
    back unchanged.

    Raises:
        ContainerError: if a picture has no base layer, so nothing of it would be left, or as `read_container` does.
    """
    file = read_container(data)
    rest = file.rest if keep_rest else None
    if not any(picture.residual for picture in file.pictures) and file.source is None and rest == file.rest:
        return data
    if not file.pictures:
        raise ContainerError("the file holds no picture: nothing would be left")
    for number, picture in enumerate(file.pictures):
        if picture.base is None:
            raise ContainerError(f"picture {number} has no base layer, and so no preview: nothing of it would be left")
    return write_container([_extracted(picture) for picture in file.pictures], extra=_surviving(file.extra), rest=rest)


def _extracted(picture: Picture) -> Picture:
    if picture.residual is None:
        return picture
    header = replace(
        picture.header,
        mode=ContainerMode.PERCEPTUAL,
        layers=picture.header.layers & ~Layers.RESIDUAL,
        max_error=0,
        flags=picture.header.flags | HeaderFlag.EXTRACTED,
        group_position=0,
        reference_hash=NO_HASH,
    )
    return Picture.seal(
        header,
        metadata=replace(picture.metadata, extra=_surviving(picture.metadata.extra)),
        palette=picture.palette,
        tone=picture.tone,
        base=picture.base,
        display=picture.display,
    )


def _surviving(extra: tuple[tuple[bytes, bytes], ...]) -> tuple[tuple[bytes, bytes], ...]:
    return tuple((kind, payload) for kind, payload in extra if survives_extraction(kind))

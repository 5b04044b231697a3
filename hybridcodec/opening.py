"""From the bytes of a file to the parts of a picture that this version decodes; the container's errors become ours.

`codec` tells what happens then. Nothing heavy is imported here: reading a header needs neither models nor kernels.
"""

from collections.abc import Iterator
from contextlib import contextmanager

import hybridcodec_container as container
from hybridcodec_container import ContainerMode, Layers, Picture

from hybridcodec.arguments import checked_bytes, checked_max_pixels, checked_picture
from hybridcodec.errors import (
    CorruptFileError,
    InputError,
    LimitError,
    TruncatedFileError,
    UnsupportedError,
)
from hybridcodec.limits import require_pixels


@contextmanager
def container_errors_as_ours() -> Iterator[None]:
    """Turn the container's errors into the library's."""
    try:
        yield
    except container.TruncatedError as error:
        raise TruncatedFileError(str(error)) from error
    except container.CorruptError as error:
        raise CorruptFileError(str(error)) from error
    except container.LimitExceededError as error:
        raise LimitError(str(error)) from error
    except container.UnsupportedContainerError as error:
        raise UnsupportedError(str(error)) from error
    except container.ContainerError as error:
        raise InputError(str(error)) from error


def open_picture(data: object, max_pixels: object, number: object = None) -> Picture:
    """Return a picture of a file, whole and proven.

    Args:
        data: the file.
        max_pixels: refuse larger pictures before anything is made of them.
        number: which picture, from 0; None for the only one of the file, of which then every byte is proven.

    Raises:
        CorruptFileError, InputError, UnsupportedError, LimitError: as `codec.decode` says.
    """
    data, limit, number = checked_bytes(data), checked_max_pixels(max_pixels), checked_picture(number)
    with container_errors_as_ours():
        if number is not None:
            album = container.Album.open(data)
            require_number(number, len(album))
            header = album.header(number)
            require_pixels(header.width, header.height, limit)
            return album.picture(number)
        _require_limits(data, limit)
        return _only(container.read_container(data))


def open_group(data: object, max_pixels: object, number: object = None) -> list[Picture]:
    """Return a picture, and before it those that it depends on, each on the one before; raises as `open_picture`."""
    found = [open_picture(data, max_pixels, number)]
    while found[0].header.group_position:
        number = checked_picture(number)
        if number is None or number == 0:
            raise CorruptFileError("a picture depends on the one before it, and there is none")
        number -= 1
        before = open_picture(data, max_pixels, number)
        require_reference(found[0], before, number)
        found.insert(0, before)
    return found


def require_reference(picture: Picture, before: Picture, number: int) -> None:
    """Refuse a picture that was made by the help of another one than picture `number`, which stands before it.

    Of both only headers and layers are looked at, no tile, and of a layer that is not there nothing. Where all of a
    file is read, the container does the same.

    Raises:
        CorruptFileError: it is of another kind, or of other samples.
    """
    header = picture.header
    if not before.header.same_shape(header) or before.header.group_position + 1 != header.group_position:
        raise CorruptFileError(f"picture {number + 1} cannot depend on picture {number}, which is of another kind")
    if before.residual is not None and before.residual.sample_hash != header.reference_hash:
        raise CorruptFileError(f"picture {number + 1} was made with other samples of picture {number} as its reference")


def open_arrived(data: object, max_pixels: object, number: object = None) -> Picture:
    """Return what arrived of a picture of a file that may be cut off.

    Raises:
        TruncatedFileError: nothing that can be shown has arrived of it.
        CorruptFileError, InputError, UnsupportedError, LimitError: as `open_picture` does.
    """
    data, limit, number = checked_bytes(data), checked_max_pixels(max_pixels), checked_picture(number)
    with container_errors_as_ours():
        _require_limits(data, limit, number)
        file = container.read_cut(data)
    if number is None:
        return _only(file)
    require_number(number, file.expected)
    if number >= len(file.pictures) or not _shows(file.pictures[number]):
        raise TruncatedFileError(f"the file ends before the preview of picture {number}")
    return file.pictures[number]


def require_mode(picture: Picture) -> None:
    """Refuse a picture of which only some tiles are exact: this version has no word for it; raises UnsupportedError."""
    if picture.header.mode is ContainerMode.GUARDED:
        raise UnsupportedError("pictures of which only some tiles are exact (mode GUARDED) need a later version")


def require_preview(picture: Picture) -> None:
    """Refuse a picture that has no preview; raises UnsupportedError."""
    if not picture.header.layers & Layers.BASE:
        raise UnsupportedError("this picture has no preview, only the exact layer")


def require_exact(picture: Picture) -> None:
    """Refuse a picture that has only a preview; raises UnsupportedError."""
    if picture.header.mode is ContainerMode.PERCEPTUAL:
        raise UnsupportedError(
            "this file holds the perceptual layer alone, not the exact picture; ask for it with --layer perceptual, "
            "or restore its source file, where it keeps that"
        )


def _require_limits(data: bytes, limit: int | None, number: int | None = None) -> None:
    for place, picture in enumerate(container.read_header(data).pictures):
        if number is None or place == number:
            require_pixels(picture.header.width, picture.header.height, limit)


def _shows(picture: Picture) -> bool:
    return picture.base is not None or not picture.header.layers & Layers.BASE


def _only(file: container.File) -> Picture:
    require_one(file.expected)
    return file.pictures[0]


def require_one(count: int) -> None:
    """Refuse not to be told which of so many pictures; raises InputError, or UnsupportedError where there is none."""
    if not count:
        raise UnsupportedError("this file holds no picture, only another file")
    if count != 1:
        raise InputError(f"this file holds {count} pictures: say which, 0 to {count - 1}")


def require_number(number: int, count: int) -> None:
    """Refuse the number of a picture that is not there; raises InputError."""
    if number >= count:
        there = f"0 to {count - 1}" if count else "none"
        raise InputError(f"there is no picture {number} in this file; found {there}")

"""From a .hyc file to the source file that it keeps: the recipe is followed, and the whole proven at its end."""

from collections.abc import Callable, Iterable, Iterator
from functools import lru_cache
from typing import Final

import hybridcodec_container as container
from hybridcodec_container import Header, Recipe, rebuild

from hybridcodec import codec
from hybridcodec.arguments import checked_bytes
from hybridcodec.errors import LimitError, UnsupportedError
from hybridcodec.image import Samples
from hybridcodec.keeping.named import NAMED, PACKED
from hybridcodec.limits import MAX_PIXELS, memory_as_limit
from hybridcodec.opening import container_errors_as_ours

MAX_RESTORED: Final = 1 << 32
"""Default limit of the bytes of a file that is rebuilt: a .hyc file of a thousand bytes may claim 2^40."""


def rebuild_source(
    data: bytes, *, max_pixels: int | None = MAX_PIXELS, max_bytes: int | None = MAX_RESTORED
) -> Iterator[bytes]:
    """Yield the source file that a .hyc file keeps, part by part; the last part comes once the SHA-256 of all is right.

    Who writes the parts publishes them only when the iterator has ended, and not where it raises.

    Args:
        data: a .hyc file.
        max_pixels: refuse larger pictures.
        max_bytes: refuse larger source files; None for the limit of the format, 2^40.

    Raises:
        CorruptFileError: the file is damaged, or what comes out is not the file that went in.
        UnsupportedError: the file keeps no source file, or a method or what it needs is not here.
        LimitError: a limit is exceeded, or more memory is needed than there is.
        MismatchError: decoded samples are not those that the file names.
    """
    data = checked_bytes(data)
    with container_errors_as_ours(), memory_as_limit():
        album = container.Album.open(data)

        def picture_of(number: int) -> tuple[Header, Samples]:
            return album.header(number), codec.decode(data, picture=number, max_pixels=max_pixels)

        yield from follow(_recipe(album), album.literals(), picture_of, max_bytes)


def follow(
    recipe: Recipe,
    literals: Iterable[bytes],
    picture_of: Callable[[int], tuple[Header, Samples]],
    max_bytes: int | None = MAX_RESTORED,
) -> Iterator[bytes]:
    """Yield the source file that a recipe gives, part by part; the last part comes once the SHA-256 of all is right.

    Args:
        recipe: of the source file.
        literals: the literal bytes, cut anywhere.
        picture_of: gives header and exact samples of a picture by number; asked once for pieces in a row.
        max_bytes: refuse larger source files; None for the limit of the format.

    Raises:
        LimitError: the file is larger than allowed; errors of the container, and of `picture_of`, as they are.
    """
    if max_bytes is not None and recipe.file_bytes > max_bytes:
        raise LimitError(f"the file that it keeps has {recipe.file_bytes:,} bytes, the limit is {max_bytes:,}")
    held = b""
    for part in rebuild(recipe, literals, lru_cache(maxsize=1)(picture_of), NAMED, PACKED):
        if held:
            yield held
        held = part
    if held:
        yield held


def restores(data: bytes) -> Recipe | None:
    """Return the recipe of the source file that a .hyc file keeps, None where it keeps none.

    Raises:
        CorruptFileError: the file is damaged; UnsupportedError: it needs a later version.
    """
    with container_errors_as_ours():
        return container.Album.open(checked_bytes(data)).recipe()


def _recipe(album: container.Album) -> Recipe:
    recipe = album.recipe()
    if recipe is None:
        raise UnsupportedError("this file keeps pictures alone, not the file that they came from; decode it")
    return recipe

"""The source file that a damaged .hyc file keeps: had where all that its recipe needs is whole, and proven as ever.

It differs from `keeping.rebuild_source`, which refuses a damaged file, in that only what the recipe needs has to be
whole: not the preview, where no tile stands on it, nor another picture. Nothing half-right comes of it: the SHA-256 of
the source file decides.
"""

from typing import Final

from hybridcodec_container import Header, Kind, Remains, Source, read_remains

from hybridcodec.arguments import checked_bytes, checked_max_pixels
from hybridcodec.errors import CorruptFileError, UnsupportedError
from hybridcodec.image import Layer, Samples
from hybridcodec.keeping import MAX_RESTORED, follow
from hybridcodec.limits import MAX_PIXELS, memory_as_limit
from hybridcodec.opening import container_errors_as_ours
from hybridcodec.salvage.restore import State, salvage_picture

_SOURCE: Final = tuple(kind.value.decode("ascii") for kind in (Kind.RECIPE, Kind.LITERALS))


@memory_as_limit()
def salvage_source(
    data: bytes, *, max_pixels: int | None = MAX_PIXELS, max_bytes: int | None = MAX_RESTORED
) -> tuple[bytes, str]:
    """Return the source file that a .hyc file keeps, and the first thing that is wrong with the .hyc file, or nothing.

    Args:
        data: a .hyc file that may be damaged anywhere.
        max_pixels: refuse larger pictures; None for the limit of the format.
        max_bytes: refuse larger source files; None for the limit of the format.

    Raises:
        CorruptFileError: something that the source file is made of is lost.
        UnsupportedError: the file keeps no source file, or a method, model or version that it needs is not here.
        LimitError: a limit is exceeded, or more memory is needed than there is.
    """
    data, limit = checked_bytes(data), checked_max_pixels(max_pixels)
    with container_errors_as_ours():
        remains = read_remains(data)
        source = _source(remains)

        def picture_of(number: int) -> tuple[Header, Samples]:
            return _exact(data, remains, number, limit)

        return b"".join(follow(source.recipe, source.literals(), picture_of, max_bytes)), remains.fault


def _source(remains: Remains) -> Source:
    if remains.source is not None:
        return remains.source
    damaged = [report for report in remains.reports if report.kind in _SOURCE and not report.intact]
    if damaged:
        raise CorruptFileError(f"the source file needs every {damaged[0].kind} chunk: {damaged[0].reason}")
    if remains.fault:
        raise CorruptFileError(f"no recipe of a source file is left, if there was one: {remains.fault}")
    raise UnsupportedError("this file keeps pictures alone, not the file that they came from; decode it")


def _exact(data: bytes, remains: Remains, number: int, limit: int | None) -> tuple[Header, Samples]:
    """Return header and samples of a picture, every one of them as it was."""
    made_of = f"the source file is made of picture {number}"
    if number not in remains.pictures:
        raise CorruptFileError(f"{made_of}, whose header is lost")
    try:
        found = salvage_picture(data, remains, number, Layer.EXACT, limit)
    except CorruptFileError as error:
        raise CorruptFileError(f"{made_of}: {error}") from error
    if found.share(State.EXACT) < 1:
        raise CorruptFileError(f"{made_of}, which is not whole: {found.tiles[0].reason}")
    return remains.pictures[number].header, found.samples

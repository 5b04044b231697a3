"""What a source file holds besides the samples of its pictures, kept where the file itself is not."""

import re
from collections.abc import Iterable, Iterator, Sequence
from typing import Final

import hybridcodec_container as container
from hybridcodec_container import Rest
from hybridcodec_container.layout import MAX_GAPS, MAX_METADATA_BYTES, MAX_SOURCE_BYTES

from hybridcodec.arguments import checked_bytes
from hybridcodec.errors import LimitError, UnsupportedError
from hybridcodec.keeping.rebuilding import MAX_RESTORED
from hybridcodec.limits import memory_as_limit
from hybridcodec.opening import container_errors_as_ours
from hybridcodec.sources.format import Document

Span = tuple[int, int]
_AMONG_SAMPLES: Final = re.compile("compressed samples|in the strips of|parts more")
"""Names of what lies in the streams themselves, and so in the gaps, or may: `left_out` names only so many parts."""


def make_rest(stored: bytes, document: Document) -> Rest | None:
    """Return what a file holds besides samples.

    None where nothing would be left out without it, where not all pictures are known to lie in streams, or where there
    is too much besides.
    """
    if not document.left_out or {stream.picture for stream in document.streams} != set(range(len(document.pictures))):
        return None
    gaps = joined_spans(sample_spans(document))
    inside = bool(gaps) and gaps[0][0] >= 0 and sum(gaps[-1]) <= len(stored) <= MAX_SOURCE_BYTES
    around = len(stored) - sum(length for _, length in gaps)
    if not inside or len(gaps) > MAX_GAPS or not 1 <= around <= MAX_METADATA_BYTES:
        return None
    return Rest.of(stored, gaps)


def sample_spans(document: Document) -> Iterator[Span]:
    """Yield offset and length of every part of a file in which samples lie."""
    for stream in document.streams:
        yield from stream.spans


def joined_spans(spans: Iterable[Span]) -> tuple[Span, ...]:
    """Return the same parts of a file in order, those that touch or overlap as one, and none without a byte."""
    parts = list[list[int]]()
    for start, end in ((at, at + length) for at, length in sorted(spans) if length > 0):
        if parts and start <= parts[-1][1]:
            parts[-1][1] = max(parts[-1][1], end)
        else:
            parts.append([start, end])
    return tuple((start, end - start) for start, end in parts)


def still_left_out(left_out: Sequence[str]) -> tuple[str, ...]:
    """Return which of the names of `Document.left_out` a rest does not hold: what lies among the samples."""
    return tuple(name for name in left_out if _AMONG_SAMPLES.search(name))


@memory_as_limit()
def rest_of(data: bytes) -> Rest | None:
    """Return what a .hyc file keeps of its source file besides the samples, None where it keeps nothing or all of it.

    Raises:
        CorruptFileError: the file is damaged; UnsupportedError: it needs a later version.
    """
    with container_errors_as_ours():
        return container.Album.open(checked_bytes(data)).rest()


def fill_rest(data: bytes, *, max_bytes: int | None = MAX_RESTORED) -> Iterator[bytes]:
    """Yield the source file of a .hyc file with zeros in the place of its samples, part by part.

    Args:
        data: a .hyc file.
        max_bytes: refuse larger source files; None for the limit of the format, 2^40.

    Raises:
        CorruptFileError: the file is damaged.
        UnsupportedError: the file keeps no rest, or needs a later version.
        LimitError: the limit is exceeded.
    """
    rest = rest_of(data)
    if rest is None:
        raise UnsupportedError(
            "this file does not keep the rest of its source file: it keeps all of it, or pictures alone"
        )
    if max_bytes is not None and rest.file_bytes > max_bytes:
        raise LimitError(
            f"the file that it keeps the rest of has {rest.file_bytes:,} bytes, the limit is {max_bytes:,}"
        )
    yield from rest.filled()

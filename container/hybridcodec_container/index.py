"""The album index: where the two parts of each picture lie, so that one opens without touching the others.

Only lengths are stored; places are their sums, so nothing can overlap or point backwards.
"""

from bisect import bisect_right
from dataclasses import dataclass
from functools import cached_property
from itertools import accumulate
from typing import NamedTuple

from hybridcodec_container.checks import reading, require_size, within
from hybridcodec_container.errors import ContainerError
from hybridcodec_container.layout import ALBUM, ALBUM_ENTRY, MAX_PICTURES


class AlbumEntry(NamedTuple):
    """What the index knows of a picture.

    Attributes:
        front_bytes: from HEAD on, what previews need.
        back_bytes: the residual layer; 0 where there is none.
        identity: of the picture.
    """

    front_bytes: int
    back_bytes: int
    identity: bytes


@dataclass(frozen=True)
class AlbumIndex:
    """Entries of all pictures, and where the first of them starts.

    Attributes:
        entries: one a picture; never exactly one, because a picture alone needs no index.
        start: where the front of the first picture starts, in bytes from the start of the file.
    """

    entries: tuple[AlbumEntry, ...]
    start: int = 0

    def __post_init__(self) -> None:
        within("pictures", len(self.entries), 0, MAX_PICTURES)
        if len(self.entries) == 1:
            raise ContainerError("a picture alone has no album index")

    def front(self, number: int) -> tuple[int, int]:
        """Return where the front of a picture starts and ends."""
        return self._fronts[number], self._fronts[number + 1]

    def back(self, number: int) -> tuple[int, int]:
        """Return where the back of a picture starts and ends."""
        return self._backs[number], self._backs[number + 1]

    def at(self, offset: int) -> int | None:
        """Return the number of the picture in whose front or back byte `offset` lies, None if it lies in neither."""
        for starts in (self._fronts, self._backs):
            if starts[0] <= offset < starts[-1]:
                return bisect_right(starts, offset) - 1
        return None

    @property
    def end(self) -> int:
        """Where the last back ends."""
        return self._backs[-1]

    @cached_property
    def _fronts(self) -> tuple[int, ...]:
        return tuple(accumulate((entry.front_bytes for entry in self.entries), initial=self.start))

    @cached_property
    def _backs(self) -> tuple[int, ...]:
        return tuple(accumulate((entry.back_bytes for entry in self.entries), initial=self._fronts[-1]))


def pack_index(entries: tuple[AlbumEntry, ...]) -> bytes:
    """Return the payload of the ALBM chunk."""
    return ALBUM.pack(len(entries)) + b"".join(ALBUM_ENTRY.pack(*entry) for entry in entries)


def unpack_index(payload: bytes, start: int) -> AlbumIndex:
    """Return the index in an ALBM payload; the first front starts at `start`.

    Raises:
        CorruptError: if sizes disagree, or there is exactly one picture.
        LimitExceededError: if there are too many pictures.
    """
    require_size("ALBM", len(payload), ALBUM.size, more=True)
    (pictures,) = ALBUM.unpack(payload)
    within("pictures", pictures, 0, MAX_PICTURES)
    require_size("ALBM", len(payload), ALBUM.size + pictures * ALBUM_ENTRY.size)
    places = range(ALBUM.size, len(payload), ALBUM_ENTRY.size)
    with reading("album index"):
        return AlbumIndex(tuple(AlbumEntry(*ALBUM_ENTRY.unpack(payload, place)) for place in places), start)

"""What can be wrong with a file, as kinds that a program can count and a page in docs/flags/ explains.

A flag is evidence kept in a record. It differs from an exception, which ends a job: a job can raise several flags.
"""

from collections.abc import Iterable
from dataclasses import asdict, dataclass
from enum import StrEnum
from typing import Any, Self

from hybridcodec.plain import made


class Verdict(StrEnum):
    """What a record says of its file: proven, something wrong, nothing that could be done, or left where it is."""

    PROVEN = "proven"
    FLAGGED = "flagged"
    FAILED = "failed"
    IGNORED = "ignored"


class FlagKind(StrEnum):
    """Kinds of flags; each has a page of that name in docs/flags/. Names are never reused."""

    SAMPLES_DIFFER = "samples-differ"
    METADATA_DIFFERS = "metadata-differs"
    SIZE_DIFFERS = "size-differs"
    HASH_DIFFERS = "hash-differs"
    FILE_DIFFERS = "file-differs"
    HEADER_DIFFERS = "header-differs"
    BOUND_EXCEEDED = "bound-exceeded"
    NOT_DECODABLE = "not-decodable"
    DECODER_DISAGREES = "decoder-disagrees"
    MODEL_ALTERED = "model-altered"
    SOURCE_CHANGED = "source-changed"
    OUTPUT_VANISHED = "output-vanished"
    OUTPUT_ALTERED = "output-altered"
    OUTPUT_UNKNOWN = "output-unknown"
    OUTPUT_EXISTS = "output-exists"
    NAME_COLLISION = "name-collision"
    CRASH = "crash"
    TIME_OUT = "time-out"
    OUT_OF_MEMORY = "out-of-memory"
    DISK_FULL = "disk-full"
    SOURCE_UNREADABLE = "source-unreadable"
    SOURCE_UNSUPPORTED = "source-unsupported"
    DESTINATION_UNWRITABLE = "destination-unwritable"
    RECORD_ALTERED = "record-altered"
    ANSWER_REFUSED = "answer-refused"
    NOT_TAKEN = "not-taken"
    SOURCE_NOT_DELETED = "source-not-deleted"


OPERATIONAL = frozenset(
    {
        FlagKind.SOURCE_UNREADABLE,
        FlagKind.SOURCE_UNSUPPORTED,
        FlagKind.DESTINATION_UNWRITABLE,
        FlagKind.SOURCE_NOT_DELETED,
    }
)
"""Kinds that say nothing about the codec or the storage: the file could not be taken or put down at all."""


@dataclass(frozen=True)
class Box:
    """A rectangle of pixels; `x` and `y` are its left column and top row."""

    x: int
    y: int
    width: int
    height: int


@dataclass(frozen=True)
class Flag:
    """One thing that is wrong with a file.

    Attributes:
        kind: what sort of thing.
        detail: one sentence with what was found and what was expected.
        count: how many sub-pixels differ, or None where nothing was counted.
        worst: largest error of a sub-pixel, or None.
        first: (row, column, channel) of the first differing sub-pixel, or None.
        box: the smallest rectangle around all differing pixels, or None.
    """

    kind: FlagKind
    detail: str
    count: int | None = None
    worst: int | None = None
    first: tuple[int, int, int] | None = None
    box: Box | None = None

    def to_dict(self) -> dict[str, Any]:
        """Return the flag as JSON knows it, without what is None."""
        return {name: value for name, value in asdict(self).items() if value is not None}

    @classmethod
    def from_dict(cls, values: dict[str, Any]) -> Self:
        """Return the flag that `to_dict` was asked for.

        Raises:
            ValueError: the values are no flag's.
        """
        flag: Self = made(cls, values)
        return flag


def verdict_of(flags: Iterable[Flag]) -> Verdict:
    """Return what flags amount to: proven without any, failed with operational ones alone, flagged otherwise."""
    kinds = {flag.kind for flag in flags}
    if not kinds:
        return Verdict.PROVEN
    return Verdict.FAILED if kinds <= OPERATIONAL else Verdict.FLAGGED

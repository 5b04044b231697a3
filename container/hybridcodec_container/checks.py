"""Checks that several values share: a number within its limits, a hash, a contradiction in a file."""

from collections.abc import Iterator
from contextlib import contextmanager
from enum import IntEnum

from hybridcodec_container.errors import (
    ContainerError,
    CorruptError,
    LimitExceededError,
    UnsupportedContainerError,
)
from hybridcodec_container.layout import NO_HASH


def within(name: str, value: int, least: int, most: int) -> None:
    """Check a size.

    Raises:
        ContainerError: if it is too small.
        LimitExceededError: if it is over its limit.
    """
    if value < least:
        raise ContainerError(f"{name}: found {value}, at least {least} needed")
    if value > most:
        raise LimitExceededError(f"{name}: found {value}, the limit is {most}")


def require_hash(name: str, value: bytes) -> None:
    """Check that `value` can be a SHA-256.

    Raises:
        ContainerError: if it has another length, or is all zeros.
    """
    if len(value) != len(NO_HASH):
        raise ContainerError(f"{name} must have {len(NO_HASH)} bytes, found {len(value)}")
    if value == NO_HASH:
        raise ContainerError(f"{name} is missing")


@contextmanager
def reading(what: str) -> Iterator[None]:
    """Turn what a value says of a caller's mistake into what it means in a file: the file is corrupt.

    Raises:
        CorruptError: instead of a plain ContainerError; the others pass.
    """
    try:
        yield
    except ContainerError as error:
        if type(error) is not ContainerError:
            raise
        raise CorruptError(f"the {what} contradicts itself: {error}") from error


def require_size(name: str, found: int, expected: int, *, more: bool = False) -> None:
    """Check the length of a payload, or that it has room for its record if `more` may follow.

    Raises:
        CorruptError: if it is another.
    """
    if found < expected or (found > expected and not more):
        raise CorruptError(f"{name} must have {expected} bytes{' at least' if more else ''}, found {found}")


def require_known(what: str, value: int, known: type[IntEnum]) -> None:
    """Check that an id is one of ours.

    Raises:
        UnsupportedContainerError: if it is not.
    """
    if value not in set(known):
        raise UnsupportedContainerError(f"{what} {value} is unknown to this version")

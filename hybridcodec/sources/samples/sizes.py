"""How large a picture may be that is read, before anything is allocated for it."""

from typing import Final

from hybridcodec.errors import InputError, LimitError

MOST_PIXELS: Final = 178_956_970
"""As many as Pillow opens; see `Image.MAX_IMAGE_PIXELS`, of which it is twice as many."""


def require_size(width: int, height: int, what: str) -> None:
    """Make sure that a picture has pixels, and not too many.

    Raises:
        InputError: it has no width or height.
        LimitError: it has more than `MOST_PIXELS`.
    """
    if width < 1 or height < 1:
        raise InputError(f"the {what} has {width}x{height} pixels, expected at least one")
    if width * height > MOST_PIXELS:
        raise LimitError(f"the {what} has {width}x{height} pixels, which exceeds limit of {MOST_PIXELS} pixels")


def require_bytes(found: int, expected: int, what: str) -> None:
    """Make sure that all bytes of a picture are there; raises InputError where it is truncated."""
    if found < expected:
        raise InputError(f"the {what} is truncated: {expected:,} bytes of samples expected, found at most {found:,}")

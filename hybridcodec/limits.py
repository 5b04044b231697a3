"""What protects whoever reads a file from what the file claims: a limit of pixels, and one answer when memory ends."""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Final

from hybridcodec.errors import LimitError

MAX_PIXELS: Final = 1 << 28
"""Default limit of width x height: 805 MB of RGB samples, more than any picture file that is read may have."""

_SAID_OF_MEMORY: Final = ("can't allocate memory", "not enough memory", "can't start new thread")


def require_pixels(width: int, height: int, max_pixels: int | None) -> None:
    """Make sure that a picture is not larger than its reader allows; None stands for the format's own limit.

    Raises:
        LimitError: it has more pixels.
    """
    if max_pixels is not None and width * height > max_pixels:
        raise LimitError(
            f"the picture has {width}x{height} = {width * height:,} pixels, the limit is {max_pixels:,}; "
            "max_pixels (--max-pixels) raises it"
        )


@contextmanager
def memory_as_limit() -> Iterator[None]:
    """Turn the end of memory into a `LimitError`; also a decorator. torch and threads tell of it by RuntimeError."""
    try:
        yield
    except MemoryError as error:
        raise LimitError("more memory is needed than there is") from error
    except RuntimeError as error:
        if not any(words in str(error).lower() for words in _SAID_OF_MEMORY):
            raise
        raise LimitError(f"more memory is needed than there is: {str(error).splitlines()[0]}") from error

"""What protects whoever reads a file from what the file claims: a limit of pixels, and one answer when memory ends."""

import errno
import os
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Final

from hybridcodec.errors import HybridcodecError, LimitError

MAX_PIXELS: Final = 1 << 28
"""Default limit of width x height: 805 MB of RGB samples, more than any picture file that is read may have."""

_SAID_OF_MEMORY: Final = (
    "can't allocate memory",
    "not enough memory",
    "out of memory",
    "can't start new thread",
    "failed to map segment",
)
"""Words of torch, Zstandard, Pillow, threads and the loader of libraries."""


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


def means_memory(error: BaseException | None) -> bool:
    """Tell whether an exception, or one that led to it, says that memory ended.

    Sentences of ours do not count, nor do names of files in those of the system: anything may stand in them.
    """
    while error is not None:
        if isinstance(error, MemoryError) or (isinstance(error, OSError) and error.errno == errno.ENOMEM):
            return True
        foreign = not isinstance(error, HybridcodecError) and not (isinstance(error, OSError) and error.errno)
        if foreign and any(words in str(error).lower() for words in _SAID_OF_MEMORY):
            return True
        error = error.__cause__
    return False


def memory_left() -> int | None:
    """Return how many bytes this process may still take; None where no limit was set, or none can be told."""
    try:
        import resource

        limit, _ = resource.getrlimit(resource.RLIMIT_AS)
        with open("/proc/self/statm") as file:
            held = int(file.read().split()[0]) * os.sysconf("SC_PAGE_SIZE")
    except (ImportError, OSError):
        return None
    return None if limit == resource.RLIM_INFINITY else max(limit - held, 0)


@contextmanager
def memory_as_limit() -> Iterator[None]:
    """Turn the end of memory, whoever tells of it, into a `LimitError`; also a decorator."""
    try:
        yield
    except LimitError:
        raise
    except Exception as error:
        if not means_memory(error):
            raise
        first = "" if isinstance(error, MemoryError) else str(error).partition("\n")[0]
        raise LimitError(f"more memory is needed than there is{f': {first}' if first else ''}") from error

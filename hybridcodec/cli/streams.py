"""The standard streams as a command may find them: closed, full, gone, or of an encoding that lacks characters."""

import io
import os
import sys
from contextlib import suppress
from typing import TextIO

from hybridcodec.errors import InputError


def take_streams() -> None:
    """Make sure that printing never fails for a character, and that no file becomes a standard stream.

    Where a stream is closed, the next file that is opened would get its number, and what a library prints would go into
    that file.
    """
    for handle in range(3):
        try:
            os.fstat(handle)
        except OSError:
            os.open(os.devnull, os.O_RDWR)  # takes the lowest number that is free
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, io.TextIOWrapper):
            stream.reconfigure(errors="backslashreplace")


def write_line(line: str) -> None:
    """Write a line to standard output at once.

    Raises:
        InputError: it takes none; a reader that went away is its cause as a BrokenPipeError.
    """
    try:
        _put(sys.stdout, line)
    except (OSError, ValueError) as error:
        raise InputError(f"standard output cannot be written: {getattr(error, 'strerror', None) or error}") from error


def write_error(line: str) -> None:
    """Write a line to standard error if that takes any: there is no place to complain."""
    with suppress(OSError, ValueError):
        _put(sys.stderr, line)


def release_streams(code: int) -> int:
    """Return the exit code once all is written; a stream that fails is let go, so that Python does not try again."""
    for stream in (sys.stdout, sys.stderr):
        try:
            if stream is not None:
                stream.flush()
        except (OSError, ValueError):
            with suppress(OSError, ValueError):
                os.dup2(os.open(os.devnull, os.O_WRONLY), stream.fileno())
            code = code or int(stream is sys.stdout)
    return code


def is_terminal(stream: TextIO | None) -> bool:
    """Tell whether somebody may be watching."""
    return stream is not None and not stream.closed and stream.isatty()


def _put(stream: TextIO | None, line: str) -> None:
    if stream is None:
        raise ValueError("it is closed")
    stream.write(f"{line}\n")
    stream.flush()

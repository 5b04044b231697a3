"""Regular files, opened for reading; whatever else has a name is refused, and nothing is waited for."""

import errno
import io
import os
import stat
from pathlib import Path

_FOLDER = "a folder"
_KINDS = {
    stat.S_ISDIR: _FOLDER,
    stat.S_ISLNK: "a link",
    stat.S_ISFIFO: "a pipe (FIFO)",
    stat.S_ISSOCK: "a socket",
    stat.S_ISCHR: "a device",
    stat.S_ISBLK: "a device",
}


def open_regular(path: Path, *, follow: bool = True) -> io.BufferedReader:
    """Open a regular file for reading; anything else is refused, and nothing is waited for.

    To open a pipe waits for its other end, to open a device may do something: neither is opened where it can be told
    before, and what takes the name in between is noticed behind. `follow` tells whether a link will do.

    Raises:
        OSError: it cannot be opened, or is something else; `strerror` says what.
    """
    try:
        what = kind_of(os.stat(path, follow_symlinks=follow).st_mode)
    except ValueError as error:  # a zero byte, or characters that the file system's encoding lacks
        raise FileNotFoundError(errno.ENOENT, f"no file can have such a name ({error})", str(path)) from error
    if not what:
        flags = os.O_RDONLY | sum(getattr(os, name, 0) for name in ("O_NONBLOCK", "O_NOCTTY", "O_BINARY", "O_CLOEXEC"))
        handle = os.open(path, flags | (0 if follow else getattr(os, "O_NOFOLLOW", 0)))
        what = kind_of(os.fstat(handle).st_mode)
        if not what:
            return os.fdopen(handle, "rb")
        os.close(handle)
    if what == _FOLDER:
        raise IsADirectoryError(errno.EISDIR, os.strerror(errno.EISDIR), str(path))
    raise OSError(errno.EINVAL, f"is {what}, not a regular file", str(path))


def kind_of(mode: int) -> str:
    """Return in words what a file of this mode is, empty for a regular file."""
    if stat.S_ISREG(mode):
        return ""
    return next((words for of_kind, words in _KINDS.items() if of_kind(mode)), "of an unknown kind")

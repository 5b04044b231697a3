"""Bytes that survive a power cut, and names that never stand for half a file: write, publish, hash.

All that is written under a final name goes through here, whether the process that wrote it proves it (`files`) or
another one does (the pipeline).
"""

import errno
import hashlib
import os
from dataclasses import dataclass
from pathlib import Path, PurePosixPath
from typing import IO, Any, Self

from hybridcodec.plain import Wide, made
from hybridcodec.storage.regular import open_regular

_FULL = (errno.ENOSPC, errno.EDQUOT, errno.EFBIG)
_NO_LINKS = (errno.EPERM, errno.EACCES, errno.EINVAL, errno.ENOTSUP, errno.EMLINK, errno.ENOSYS)


@dataclass(frozen=True)
class Fingerprint:
    """What a file was when it was read: SHA-256 in hexadecimal, and what the system says that changes with a write."""

    size: int
    sha256: str
    modified_ns: Wide
    inode: Wide

    @classmethod
    def from_dict(cls, values: Any) -> Self:
        """Return the fingerprint that plain data say.

        Raises:
            ValueError: they are no fingerprint's.
        """
        found: Self = made(cls, values)
        return found

    def still_fits(self, path: Path) -> bool:
        """Tell, without reading it, whether nobody wrote to the file or replaced it since."""
        found = path.stat()
        return (found.st_size, found.st_mtime_ns, found.st_ino) == (self.size, self.modified_ns, self.inode)


def fingerprint(path: Path, *, follow: bool = True) -> Fingerprint:
    """Read a regular file piece by piece, past the cache where the system allows, and return what it is.

    Raises:
        OSError: it cannot be read, is no regular file, or is a link while `follow` is false.
    """
    with open_regular(path, follow=follow) as file:
        forget(file.fileno())
        digest = hashlib.file_digest(file, "sha256")
        size, state = file.tell(), os.fstat(file.fileno())
    return Fingerprint(size, digest.hexdigest(), Wide(state.st_mtime_ns), Wide(state.st_ino))


def write_durably(path: Path, data: bytes) -> None:
    """Create a file, flush it to the disk, and drop it from the cache, so that the next read asks the disk.

    Raises:
        OSError: it exists, or cannot be written.
    """
    with path.open("xb") as file:
        file.write(data)
        settle(file)


def settle(file: IO[bytes]) -> None:
    """Flush a file to the disk, and drop it from the cache."""
    file.flush()
    os.fsync(file.fileno())
    forget(file.fileno())


def forget(handle: int) -> None:
    """Drop what the disk has of a file from the cache, so that the next read asks the disk."""
    if hasattr(os, "posix_fadvise"):
        os.posix_fadvise(handle, 0, 0, os.POSIX_FADV_DONTNEED)


def require_own_place(folder: Path, output: str) -> Path:
    """Return the path of `output` below `folder`, once it is sure that it lies there and nowhere else.

    Raises:
        OSError: `output` is absolute or goes up, or a folder on the way is a link.
    """
    parts = PurePosixPath(output).parts
    path = Path(folder, *parts)
    if not parts or PurePosixPath(output).is_absolute() or os.pardir in parts or "\0" in output:
        raise OSError(errno.EINVAL, "is not the name of a file in this folder", output)
    above = Path(os.path.realpath(folder), *parts[:-1])
    if Path(os.path.realpath(path.parent)) != above:
        raise OSError(errno.ELOOP, "lies behind a link, and nothing is written or read through one", output)
    return path


def publish(temporary: Path, final: Path, *, replace: bool) -> None:
    """Give a proven file its name, durably; a file of that name is replaced only if `replace` says so.

    Raises:
        FileExistsError: the name is taken, and `replace` is false.
        OSError: the name cannot be given.
    """
    make_folder(final.parent)
    if replace:
        os.replace(temporary, final)
    else:
        _link(temporary, final)
    sync_folder(final.parent)


def make_folder(folder: Path) -> None:
    """Make a folder and those above it, durably."""
    if folder.is_dir():
        return
    make_folder(folder.parent)
    try:
        folder.mkdir(exist_ok=True)
    except FileExistsError as error:  # not to be taken for the output's own name
        raise NotADirectoryError(errno.ENOTDIR, os.strerror(errno.ENOTDIR), str(folder)) from error
    sync_folder(folder.parent)


def sync_folder(folder: Path) -> None:
    """Flush the names in a folder to the disk; a system without such a call is left to itself."""
    if os.name != "posix":
        return
    handle = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)


def is_same(first: Path, second: Path) -> bool:
    """Tell whether two paths lead to one file, by whatever names; False where one leads nowhere."""
    try:
        return os.path.samefile(first, second)
    except OSError:
        return False


def is_full(error: BaseException | None) -> bool:
    """Tell whether an error, or what caused it, means that no space is left."""
    while error is not None:
        if isinstance(error, OSError) and error.errno in _FULL:
            return True
        error = error.__cause__
    return False


def _link(temporary: Path, final: Path) -> None:
    """Name the file without ever replacing another, also where another process does the same at this moment."""
    try:
        os.link(temporary, final)
    except OSError as error:
        if error.errno not in _NO_LINKS:
            raise
        if final.exists():
            raise FileExistsError(errno.EEXIST, os.strerror(errno.EEXIST), str(final)) from error
        os.replace(temporary, final)  # a file system without links
    else:
        temporary.unlink()

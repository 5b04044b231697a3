"""Bytes on disk: read whole, or written so that a final name never stands for a half-written or unproven file.

Knows nothing of pictures or of our format. Every `OSError` leaves as an `InputError` that names the file.
"""

import os
import secrets
import stat
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

from hybridcodec.errors import InputError


def read_bytes(path: Path) -> bytes:
    """Return all bytes of a file.

    Raises:
        InputError: it does not exist, is a folder, or cannot be read.
    """
    with _named(path, "cannot be read"):
        return path.read_bytes()


def require_writable(path: Path, *, force: bool, sources: tuple[Path, ...] = ()) -> None:
    """Check, before any work is done, that `path` may be written and replaces none of `sources`.

    Raises:
        InputError: it exists and `force` is false, is no regular file, is a source, or its folder does not exist.
    """
    with _named(path, "cannot be written"):
        if not path.parent.is_dir():
            raise InputError(f"{path}: cannot be written: the folder {path.parent} does not exist")
        if not path.exists():
            return
        if path.is_dir():
            raise InputError(f"{path}: is a folder; give the name of a file in it")
        if not stat.S_ISREG(path.stat().st_mode):
            raise InputError(f"{path}: is not a regular file; use - for standard output")
        if any(source.exists() and path.samefile(source) for source in sources):
            raise InputError(f"{path}: is the input itself; choose another output")
        if not force:
            raise InputError(f"{path}: exists already; use -f to overwrite it")


def write_proven(path: Path, data: bytes, prove: Callable[[bytes], None], *, force: bool = False) -> None:
    """Write `data` under another name, hand what the disk gives back to `prove`, and only then give it its name.

    Whatever fails, `prove` included, nothing stays behind and a file of that name stays what it was.

    Raises:
        InputError: the disk is full, the place is not writable, or the file exists and `force` is false.
    """
    path = Path(os.path.realpath(path))  # a link keeps pointing at the file
    temporary = path.with_name(f".{path.name[:200]}.{secrets.token_hex(6)}.tmp")
    try:
        with _named(path, "cannot be written"):
            _write_through(temporary, data)
            stored = temporary.read_bytes()
        prove(stored)
        with _named(path, "cannot be written"):
            _give_name(temporary, path, force=force)
            _sync_folder(path.parent)
    finally:
        with _named(path, "leaves a temporary file that cannot be removed"):
            temporary.unlink(missing_ok=True)


def _write_through(path: Path, data: bytes) -> None:
    """Create `path` and write `data` past the system's cache, so that the next read shows what the disk holds."""
    with open(path, "xb") as file:
        file.write(data)
        file.flush()
        os.fsync(file.fileno())
        if hasattr(os, "posix_fadvise"):
            os.posix_fadvise(file.fileno(), 0, 0, os.POSIX_FADV_DONTNEED)


def _give_name(temporary: Path, path: Path, *, force: bool) -> None:
    if not force and path.exists():  # somebody else wrote it meanwhile
        raise InputError(f"{path}: exists already; use -f to overwrite it")
    os.replace(temporary, path)


def _sync_folder(folder: Path) -> None:
    """Make the new name itself durable; Windows has no such call."""
    if os.name == "posix":
        handle = os.open(folder, os.O_RDONLY)
        try:
            os.fsync(handle)
        finally:
            os.close(handle)


@contextmanager
def _named(path: Path, what: str) -> Iterator[None]:
    try:
        yield
    except OSError as error:
        raise InputError(f"{path}: {what}: {error.strerror or error}") from error

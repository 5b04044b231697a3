"""The source file that a .hyc file was made of, byte for byte."""

import hashlib
from dataclasses import dataclass
from pathlib import Path

from hybridcodec.arguments import checked_path
from hybridcodec.errors import MismatchError
from hybridcodec.keeping import MAX_RESTORED, fill_rest, name_restored, rebuild_source
from hybridcodec.limits import MAX_PIXELS, memory_as_limit
from hybridcodec.storage.files import naming, read_bytes, write_proven
from hybridcodec.storage.targets import kind_like, require_target


@dataclass(frozen=True)
class Restored:
    """What `restore_file` wrote, and its SHA-256 in hexadecimal."""

    path: Path
    written_bytes: int
    sha256: str


@memory_as_limit()
def restore_file(
    source: Path | str,
    target: Path | str | None = None,
    *,
    max_pixels: int | None = MAX_PIXELS,
    max_bytes: int | None = MAX_RESTORED,
    force: bool = False,
) -> Restored:
    """Write the file that the .hyc file `source` was made of, byte for byte; its SHA-256 is proven on the disk.

    Without a `target`, or where that is a folder, it is called like `source` with the suffix of what it holds.

    Args:
        source: a .hyc file, or `STREAM`.
        target: what to write, or a folder, or `STREAM`.
        max_pixels: as of `codec.decode`.
        max_bytes: refuse to write a larger file; None for the limit of the format, 2^40.
        force: replace a file of the same kind that has the name.

    Raises:
        InputError: not readable or not writable, or nothing tells what to call it.
        CorruptFileError: the .hyc file is damaged, or what comes out is not the file that went in.
        UnsupportedError: it keeps no file, or a method or a library that it needs is not here.
        LimitError: more pixels or bytes than allowed, or more memory needed than there is.
        MismatchError: decoded samples are not those that the file names, or the disk gives back other bytes.
    """
    source, target = checked_path(source), None if target is None else checked_path(target)
    data = read_bytes(source)
    with naming(source):
        restored = b"".join(rebuild_source(data, max_pixels=max_pixels, max_bytes=max_bytes))
    return write_restored(source, target, restored, force=force)


@memory_as_limit()
def restore_rest(
    source: Path | str, target: Path | str, *, max_bytes: int | None = MAX_RESTORED, force: bool = False
) -> Restored:
    """Write what the source file of the .hyc file `source` held besides its samples, with zeros in their place.

    What is written looks like the source file and is not it, so it never gets a name of itself. Arguments are those of
    `restore_file`.

    Raises:
        InputError: not readable or not writable.
        CorruptFileError: the .hyc file is damaged.
        UnsupportedError: it keeps no rest.
        LimitError: more bytes than allowed, or more memory needed than there is.
        MismatchError: the disk gives back other bytes.
    """
    source, path = checked_path(source), checked_path(target)
    data = read_bytes(source)
    with naming(source):
        filled = b"".join(fill_rest(data, max_bytes=max_bytes))
    return _written(source, path, filled, force=force)


def write_restored(source: Path, target: Path | None, restored: bytes, *, force: bool) -> Restored:
    """Write the bytes of a source file to `target`, or where `restore_file` says; raises as it does."""
    return _written(source, name_restored(source, target, restored), restored, force=force)


def _written(source: Path, path: Path, restored: bytes, *, force: bool) -> Restored:
    require_target(path, kind_like(restored), force=force, source=source)

    def prove(stored: bytes) -> None:
        if stored != restored:
            raise MismatchError(f"{path}: the disk gives back other bytes than were written; nothing was kept")

    write_proven(path, restored, prove, force=force)
    return Restored(path, len(restored), hashlib.sha256(restored).hexdigest())

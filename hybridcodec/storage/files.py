"""Files that one process reads whole, or writes and proves itself before they get their names (`durable` does both).

Knows nothing of pictures or of our format. `STREAM` stands for standard input or output. Every `OSError` leaves as an
`InputError` that names the file.
"""

import os
import secrets
import stat
import sys
import unicodedata
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import ExitStack, contextmanager, suppress
from functools import partial
from pathlib import Path, PurePath
from typing import IO, TypeVar

from hybridcodec.errors import HybridcodecError, InputError, MismatchError
from hybridcodec.storage.durable import publish, write_durably
from hybridcodec.storage.regular import open_regular

STREAM = Path("-")

_Proof = TypeVar("_Proof")
AnyPath = TypeVar("AnyPath", bound=PurePath)


def read_bytes(path: Path) -> bytes:
    """Return all bytes of a file, or of standard input for `STREAM`.

    Raises:
        InputError: it does not exist, is a folder, or cannot be read.
    """
    with _named(path, "cannot be read"):
        if path == STREAM:
            return binary_stream("standard input").read()
        with open_regular(path) as file:
            return file.read()


def require_writable(path: Path, *, force: bool, source: Path) -> None:
    """Check, before any work is done, that `path` may be written and does not replace `source`.

    Raises:
        InputError: it exists and `force` is false, is no regular file, is the source, or its folder is not writable.
    """
    if path == STREAM:
        return
    with _named(path, "cannot be written"):
        _require_folder(path)
        if not path.exists():
            return
        if path.is_dir():
            raise InputError(f"{path}: is a folder; give the name of a file in it")
        if not stat.S_ISREG(path.stat().st_mode):
            raise InputError(f"{path}: is not a regular file; use - for standard output")
        require_not_source(path, source=source)
        if not force:
            raise InputError(f"{path}: exists already; use -f to overwrite it")


def require_not_source(path: Path, *, source: Path) -> None:
    """Check that `path` is not the file `source` under this or another name.

    Raises:
        InputError: it is.
    """
    with _named(path, "cannot be written"):
        if path != STREAM and path.exists() and source.exists() and path.samefile(source):
            raise InputError(f"{path}: is the input itself; choose another output")


def start_of(path: Path, count: int) -> bytes:
    """Return the first bytes of a regular file, `count` at most.

    Raises:
        InputError: it cannot be read.
    """
    with _named(path, "cannot be read"), open_regular(path) as file:
        return file.read(count)


def write_proven(path: Path, data: bytes, prove: Callable[[bytes], _Proof], *, force: bool) -> _Proof:
    """Write `data` under another name, hand what the disk gives back to `prove`, and only then give it its name.

    Whatever fails, `prove` included, nothing stays behind, and a file that had the name before stays what it was.
    For `STREAM` the proof comes before the first byte leaves. Returns what `prove` returns.

    Raises:
        InputError: the disk is full, the place is not writable, or the file exists and `force` is false.
    """
    if path == STREAM:
        return _write_stream(data, prove)
    with _proven(path, data, prove, force=force) as (proof, name):
        name()
    return proof


def write_together(contents: Mapping[Path, bytes], *, force: bool) -> None:
    """Write files that belong together: none gets its name before the disk gave back what was written, of all of them.

    Raises:
        InputError: as `write_proven` says.
        MismatchError: the disk gives back something else; nothing is kept.
    """
    with ExitStack() as stack:
        files = [stack.enter_context(_proven(*item, _same_as(*item), force=force)) for item in contents.items()]
        for _, name in files:
            name()


def _same_as(path: Path, data: bytes) -> Callable[[bytes], None]:
    def prove(stored: bytes) -> None:
        if stored != data:
            raise MismatchError(f"{path}: the disk gives back other bytes than were written; nothing was kept")

    return prove


@contextmanager
def _proven(
    path: Path, data: bytes, prove: Callable[[bytes], _Proof], *, force: bool
) -> Iterator[tuple[_Proof, Callable[[], None]]]:
    """Yield the proof of a file under another name, and what gives it its own; what did not get it goes."""
    path = Path(os.path.realpath(path))  # a link keeps pointing at the file
    temporary = path.with_name(f".{path.name[:48]}.{secrets.token_hex(6)}.tmp")
    try:
        with _named(path, "cannot be written"):
            write_durably(temporary, data)
            stored = temporary.read_bytes()
        yield prove(stored), partial(_publish, temporary, path, force=force)
    finally:
        with _named(temporary, "is left behind and cannot be removed"):
            temporary.unlink(missing_ok=True)


def _publish(temporary: Path, path: Path, *, force: bool) -> None:
    with _named(path, "cannot be written"):
        try:
            publish(temporary, path, replace=force)
        except FileExistsError as error:  # somebody else wrote it meanwhile
            raise InputError(f"{path}: exists already; use -f to overwrite it") from error


def plan_outputs(
    sources: Sequence[Path], target: Path | None, suffix: str, *, folder: bool = False
) -> list[tuple[Path, Path]]:
    """Pair every source with its output: `target` itself, or a file named after the source that ends in `suffix`.

    Such a file lies in `target` where that is a folder already, where `folder` says so, or where there are several
    sources; then it is made if need be. Without a `target` it lies beside its source.

    Raises:
        InputError: two sources would get the same name (case and Unicode composition apart, for file systems that
            ignore them), one would get the name of another source, a source has no name, one of several is not there,
            or the folder cannot be made.
    """
    if target is not None and len(sources) == 1 and not folder and not target.is_dir():
        return [(sources[0], target)]
    jobs: list[tuple[Path, Path]] = []
    taken: dict[str, Path] = {}
    for source in sources:
        output = _output_of(source, target, suffix)
        first = taken.setdefault(_folded(output), source)
        if first is not source:
            raise InputError(f"{source}: would become {output}, as {first} would; encode them one by one")
        jobs.append((source, output))
    _require_apart(jobs)
    if len(sources) > 1:
        _require_all(sources)
    if target is not None:
        with _named(target, "cannot be used as output folder"):
            target.mkdir(parents=True, exist_ok=True)
    return jobs


def _require_all(sources: Sequence[Path]) -> None:
    """Check, before any work is done on one of them, that all inputs are there: the last may be meant as the output.

    Raises:
        InputError: one is not.
    """
    for source in sources:
        if source != STREAM and not os.path.lexists(source):
            raise InputError(
                f"{source}: does not exist, and nothing was done with the other inputs; -o names an output"
            )


def _output_of(source: Path, target: Path | None, suffix: str) -> Path:
    if source == STREAM:
        raise InputError("-: standard input has no name to give a file; name the output file")
    if not source.name:
        raise InputError(f"{source}: is a folder; name files")
    named = with_suffix(source, suffix)
    return named if target is None else target / named.name


def with_suffix(path: AnyPath, suffix: str) -> AnyPath:
    """Return a path with another suffix; a number at its end, as the UIDs of DICOM have, is part of the name."""
    return path.with_name(path.name + suffix) if path.suffix[1:].isdecimal() else path.with_suffix(suffix)


def _folded(path: Path) -> str:
    """Return a path as the least exact file system sees it."""
    text = os.path.join(os.path.realpath(path.parent), path.name)
    return unicodedata.normalize("NFC", unicodedata.normalize("NFC", text).casefold())


def _require_apart(jobs: Sequence[tuple[Path, Path]]) -> None:
    """Check that no output is a source of another job, under whatever name."""
    known: dict[tuple[int, int], Path] = {}
    for source, _ in jobs:
        with suppress(OSError, ValueError):
            known.setdefault(_identity(source), source)
    for source, output in jobs:
        with suppress(OSError, ValueError):
            other = known.get(_identity(output), source)
            if other != source:
                raise InputError(f"{source}: would become {output}, which is the input {other}; choose another folder")


def _identity(path: Path) -> tuple[int, int]:
    found = path.stat()
    return found.st_dev, found.st_ino


def _write_stream(data: bytes, prove: Callable[[bytes], _Proof]) -> _Proof:
    proof = prove(data)
    with _named(STREAM, "standard output cannot be written"):
        stream = binary_stream("standard output")
        stream.write(data)
        stream.flush()
    return proof


def binary_stream(name: str) -> IO[bytes]:
    """Return standard input or output as it takes bytes.

    Raises:
        InputError: the process has none (it was closed, or there is no console), or one that takes text alone.
    """
    stream = sys.stdin if name == "standard input" else sys.stdout
    if stream is None:
        raise InputError(f"{name} is closed; name a file")
    if not hasattr(stream, "buffer"):
        raise InputError(f"{name} takes text alone here; name a file")
    return stream.buffer


def _require_folder(path: Path) -> None:
    if not path.parent.is_dir():
        raise InputError(f"{path}: cannot be written: the folder {path.parent} does not exist")
    if not os.access(path.parent, os.W_OK | os.X_OK):
        raise InputError(f"{path}: cannot be written: no permission to write in the folder {path.parent}")


@contextmanager
def naming(path: Path, what: str = "") -> Iterator[None]:
    """Put the file's name, and `what`, in front of the message of any of our errors."""
    try:
        yield
    except HybridcodecError as error:
        raise type(error)(f"{path}: {what}{error}") from error


@contextmanager
def _named(path: Path, what: str) -> Iterator[None]:
    try:
        yield
    except (OSError, ValueError) as error:  # ValueError: a name with a zero byte
        raise InputError(f"{path}: {what}: {getattr(error, 'strerror', None) or error}") from error

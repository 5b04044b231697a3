"""The files of an archive: each is stored as it came, and replaced by a .hyc file once that has proven to give it back.

Names and folders are those of Orthanc's own storage area, so that what it stored before is read as well.
"""

import hashlib
import logging
import threading
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path
from queue import SimpleQueue
from typing import Final, Protocol

from hybridcodec.errors import HybridcodecError, InputError
from hybridcodec.storage.durable import publish, sync_folder, write_durably

LOGGER: Final = logging.getLogger(__name__)
WAITING: Final = "hybridcodec-waiting"
"""Folder of an empty file for each name that is not packed yet; so a run that was killed is taken up by the next."""
_HYC, _TEMPORARY = ".hyc", ".tmp"
_GONE: Final = "was removed"


class Packs(Protocol):
    """Who makes .hyc files and restores what they hold, in a process of its own."""

    def pack(self, source: Path, target: Path) -> None:
        """Write the .hyc file of a file; raises HybridcodecError."""

    def restore(self, source: Path) -> bytes:
        """Return the file that a .hyc file on the disk gives back; raises HybridcodecError."""


@dataclass
class Area:
    """Files by name, below `root`. A thread packs them one by one; `close` ends it.

    Attributes:
        root: folder of the archive.
        packer: makes .hyc files.
        prover: restores them, for proof and for reading: another process than the packer.
    """

    root: Path
    packer: Packs
    prover: Packs
    _names: "SimpleQueue[str]" = field(default_factory=SimpleQueue, init=False)
    _closed: bool = field(default=False, init=False)
    _naming: threading.Lock = field(default_factory=threading.Lock, init=False)

    def __post_init__(self) -> None:
        """Take up what waits, and start the thread."""
        (self.root / WAITING).mkdir(parents=True, exist_ok=True)
        for path in sorted((self.root / WAITING).iterdir()):
            self._names.put(path.name)
        self._thread = threading.Thread(target=self._pack_all, daemon=True)
        self._thread.start()

    def create(self, name: str, data: bytes, *, pack: bool) -> None:
        """Store a file durably; with `pack` it becomes a .hyc file later.

        Raises:
            InputError: the name is none of Orthanc's, or taken.
            OSError: it cannot be written.
        """
        path = self._path(name)
        path.parent.mkdir(parents=True, exist_ok=True)
        temporary = path.with_name(name + _TEMPORARY)
        temporary.unlink(missing_ok=True)  # of a run that was killed
        if _packed(path).exists():
            raise InputError(f"{name}: is stored already")
        if pack:
            (self.root / WAITING / name).touch()
        write_durably(temporary, data)
        publish(temporary, path, replace=False)
        if pack:
            self._names.put(name)

    def read(self, name: str) -> bytes:
        """Return a file as it was stored.

        Raises:
            InputError: there is no such file.
            HybridcodecError: the .hyc file does not give it back; never other bytes.
            OSError: it cannot be read.
        """
        path = self._path(name)
        with suppress(FileNotFoundError):
            return path.read_bytes()
        if not _packed(path).exists():
            raise InputError(f"{name}: is not stored here")
        return self.prover.restore(_packed(path))

    def remove(self, name: str) -> None:
        """Remove a file, in whatever form; it is no error if there is none."""
        path = self._path(name)
        with self._naming:
            for kept in (path, _packed(path), self.root / WAITING / name):
                kept.unlink(missing_ok=True)
            if path.parent.is_dir():
                sync_folder(path.parent)

    def pack(self, name: str) -> str:
        """Replace a file by a .hyc file that is smaller and has proven to give it back; return why not, or nothing.

        Raises:
            OSError: the disk does not do what it should.
        """
        path = self._path(name)
        temporary = _packed(path).with_suffix(_HYC + _TEMPORARY)
        temporary.unlink(missing_ok=True)
        try:
            problem = self._proven(path, temporary)
            with self._naming:
                if not problem and path.exists():  # nobody has removed it meanwhile
                    publish(temporary, _packed(path), replace=True)
                    path.unlink()
                (self.root / WAITING / name).unlink(missing_ok=True)
            return problem
        finally:
            temporary.unlink(missing_ok=True)

    def close(self, *, finish: bool = False) -> None:
        """End the thread when it has packed what it is at, or with `finish` all; the next run takes up what waits."""
        self._closed = not finish
        self._names.put("")
        self._thread.join()

    def _proven(self, path: Path, target: Path) -> str:
        """Write the .hyc file of a file, and return what speaks against it."""
        try:
            expected = hashlib.sha256(path.read_bytes()).digest()
            self.packer.pack(path, target)
            if target.stat().st_size >= path.stat().st_size:
                return "a .hyc file would not be smaller"
            found = hashlib.sha256(self.prover.restore(target)).digest()
        except FileNotFoundError:
            return _GONE
        except HybridcodecError as error:
            return str(error)
        return "" if found == expected else "the .hyc file gives back another file"

    def _pack_all(self) -> None:
        for name in iter(self._names.get, ""):
            if self._closed:
                return
            try:
                problem = self.pack(name)
                if problem and problem != _GONE:  # as those are that Orthanc finds it has already
                    LOGGER.warning("%s stays as it is: %s", name, problem)
            except (OSError, InputError) as error:
                LOGGER.warning("%s stays as it is: %s", name, error)

    def _path(self, name: str) -> Path:
        if len(name) < 4 or not all(letter.isascii() and (letter.isalnum() or letter == "-") for letter in name):
            raise InputError(f"{name[:80]!r} is no name of a stored file")
        return self.root / name[:2] / name[2:4] / name


def _packed(path: Path) -> Path:
    return path.with_name(path.name + _HYC)

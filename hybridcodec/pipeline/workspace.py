"""The folder `.hybridcodec` of a destination: made and marked by us, or refused; one run at a time works in it.

Whatever is removed here is ours: a folder is recognised by its mark, or by a ledger or lock of a version before marks,
and no link is followed to it or out of it.
"""

import os
import secrets
import shutil
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path

from filelock import FileLock, Timeout

from hybridcodec.errors import InputError
from hybridcodec.pipeline.clutter import HIDDEN_FOLDER
from hybridcodec.pipeline.evidence import EVIDENCE_FOLDER
from hybridcodec.storage.durable import make_folder, sync_folder, write_durably

MARK = "README"
_WORK, _LOCK, _LEDGER = "work", "lock", "ledger.sqlite"
_SAYS = b"""This folder belongs to `hybridcodec pipeline`, which marks it with this file: here are the ledger of what
was proven, evidence of differences, and, while a run works, temporary files. The folder `work` is emptied by each run.
"""


@contextmanager
def workspace_in(destination: Path) -> Iterator[Path]:
    """Make the folder for this run's temporary files, alone; what killed runs left there is removed.

    A process of a killed run that still lives somewhere cannot publish any more: its folder is gone.

    Raises:
        InputError: the destination cannot be used, another run uses it, or what has our folder's name is not ours.
    """
    hidden = destination / HIDDEN_FOLDER
    with ExitStack() as stack:
        try:
            _make_ours(hidden)
            stack.enter_context(_lock(hidden))
            for name in (_WORK, EVIDENCE_FOLDER):
                _require_folder(hidden / name)
            _remove_work(hidden)
            stack.callback(_remove_work, hidden)
            workspace = hidden / _WORK / secrets.token_hex(6)
            make_folder(workspace)
        except OSError as error:
            raise InputError(f"{destination}: cannot be used as destination: {error.strerror or error}") from error
        yield workspace


def _make_ours(hidden: Path) -> None:
    """Make and mark the folder, or see that the one that is there is ours."""
    if hidden.is_symlink():
        raise InputError(f"{hidden}: is a link, expected a folder of our own; remove the link or take another place")
    if os.path.lexists(hidden) and not hidden.is_dir():
        raise InputError(f"{hidden}: is no folder, expected one of our own; rename it or take another place")
    make_folder(hidden)
    if any(_is_file(hidden / name) for name in (_LOCK, _LEDGER)) or _is_marked(hidden):
        return
    if any(hidden.iterdir()):
        raise InputError(
            f"{hidden}: was not made by a run of the pipeline (no {MARK}, {_LOCK} or {_LEDGER} in it) and is not "
            "empty; rename it or take another place"
        )
    write_durably(hidden / MARK, _SAYS)
    sync_folder(hidden)


def _is_marked(hidden: Path) -> bool:
    """Tell whether our mark is there, or the start of it: a run may have been killed while it wrote that."""
    mark = hidden / MARK
    return _is_file(mark) and mark.stat().st_size <= len(_SAYS) and _SAYS.startswith(mark.read_bytes())


def _is_file(path: Path) -> bool:
    return path.is_file() and not path.is_symlink()


def _remove_work(hidden: Path) -> None:
    """Remove the temporary files of a run; a link is neither removed nor followed."""
    shutil.rmtree(hidden / _WORK, ignore_errors=True)


def _require_folder(path: Path) -> None:
    if path.is_symlink() or (os.path.lexists(path) and not path.is_dir()):
        raise InputError(f"{path}: is no folder, expected one that we made; remove it")


@contextmanager
def _lock(hidden: Path) -> Iterator[None]:
    """Keep other runs away from this destination for as long as this process lives."""
    path = hidden / _LOCK
    if os.path.lexists(path) and not _is_file(path):
        raise InputError(f"{path}: is no regular file, expected one that we made; remove it")
    lock = FileLock(path, blocking=False)
    try:
        lock.acquire()
    except Timeout as error:
        raise InputError(f"{hidden.parent}: another run of the pipeline works here; wait for it") from error
    try:
        yield
    finally:
        lock.release()

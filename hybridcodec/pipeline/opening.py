"""How a ledger's file is opened and left: a finished ledger is one file that is read where nothing can be written.

While a run writes, SQLite keeps a write-ahead log and an index of it beside the ledger. At its end the log goes into
the ledger, which is left in the mode that needs neither. A killed run leaves both; who reads the ledger next puts them
together, in a copy where its folder cannot be written to.
"""

import os
import shutil
import sqlite3
import tempfile
from contextlib import ExitStack, suppress
from pathlib import Path

from hybridcodec.pipeline.schema import migrate, require_known, version_of

_BUSY_MS = 30_000
_UNREADABLE_IN_PLACE = (sqlite3.SQLITE_CANTOPEN, sqlite3.SQLITE_READONLY, sqlite3.SQLITE_IOERR)
_LOGS = ("-wal", "-journal")


def open_to_write(path: Path, stack: ExitStack) -> sqlite3.Connection:
    """Open, make or migrate a ledger; closing `stack` leaves it as a single file.

    Raises:
        sqlite3.Error: it is damaged, locked or no ledger.
        UnsupportedError: it was written by a later version.
    """
    connection = _connected(path.resolve(), "mode=rwc", stack)
    if version_of(connection) == 0 and connection.execute("SELECT EXISTS (SELECT 1 FROM sqlite_master)").fetchone()[0]:
        raise sqlite3.DatabaseError("not a ledger")
    stack.callback(_as_one_file, connection)
    connection.execute("PRAGMA journal_mode = WAL")
    connection.execute("PRAGMA synchronous = FULL")
    migrate(connection)
    return _checked(connection)


def open_to_read(path: Path, stack: ExitStack) -> sqlite3.Connection:
    """Open a ledger, wherever it lies; closing `stack` leaves nothing behind.

    Raises:
        sqlite3.Error: it is missing, damaged or no ledger.
        OSError: it cannot be copied.
        UnsupportedError: it was written by a later version.
    """
    path = path.resolve()  # the log lies beside the file, not beside a link to it
    try:
        stack.callback(_tidy, path)
        return _checked(_connected(path, "mode=ro", stack))
    except sqlite3.OperationalError as error:
        if getattr(error, "sqlite_errorcode", 0) & 0xFF not in _UNREADABLE_IN_PLACE or os.access(path.parent, os.W_OK):
            raise
    if not any(_filled(_beside(path, name)) for name in _LOGS):
        return _checked(_connected(path, "mode=ro&immutable=1", stack))
    return _checked(_connected(_copied(path, stack), "mode=rw", stack))


def _connected(path: Path, mode: str, stack: ExitStack) -> sqlite3.Connection:
    address = f"{path.absolute().as_uri()}?{mode}"
    connection = sqlite3.connect(address, uri=True, isolation_level=None, timeout=_BUSY_MS / 1000)
    stack.callback(connection.close)
    connection.text_factory = lambda raw: raw.decode("utf-8", "surrogateescape")
    return connection


def _checked(connection: sqlite3.Connection) -> sqlite3.Connection:
    require_known(connection)
    if version_of(connection) == 0:
        raise sqlite3.DatabaseError("not a ledger")
    (state,) = connection.execute("PRAGMA quick_check(1)").fetchone()
    if state != "ok":
        raise sqlite3.DatabaseError(state)
    return connection


def _as_one_file(connection: sqlite3.Connection) -> None:
    """Put the log into the ledger; where somebody reads it at this moment, that is done when the last one ends."""
    with suppress(sqlite3.Error):
        connection.rollback()
        connection.execute("PRAGMA busy_timeout = 0")
        connection.execute("PRAGMA journal_mode = DELETE")


def _tidy(path: Path) -> None:
    """Remove log and index if they are there and nobody uses them; whoever does has the ledger locked."""
    if not any(_beside(path, name).exists() for name in ("-wal", "-shm")) or not os.access(path.parent, os.W_OK):
        return
    with suppress(sqlite3.Error), ExitStack() as stack:
        _as_one_file(_connected(path, "mode=rw", stack))


def _copied(path: Path, stack: ExitStack) -> Path:
    """Copy a ledger and its log to where they can be put together."""
    folder = Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="hybridcodec-")))
    copy = folder / path.name
    shutil.copyfile(path, copy)
    for name in _LOGS:
        if _filled(_beside(path, name)):
            shutil.copyfile(_beside(path, name), _beside(copy, name))
    return copy


def _beside(path: Path, name: str) -> Path:
    return path.with_name(path.name + name)


def _filled(path: Path) -> bool:
    return path.is_file() and path.stat().st_size > 0

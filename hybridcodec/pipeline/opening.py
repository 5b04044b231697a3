"""How a ledger's file is opened and left: a finished ledger is one file that is read where nothing can be written.

While a run writes, SQLite keeps a write-ahead log and an index of it beside the ledger. At its end the log goes into
the ledger, which is left in the mode that needs neither. A killed run leaves both; who reads the ledger next puts them
together, in a copy where its folder cannot be written to.

A new ledger gets its name once its tables are in it. An empty file of that name is therefore never a ledger that is
just being made, and is refused: it was one that lost all that was proven.
"""

import os
import secrets
import shutil
import sqlite3
import tempfile
from contextlib import ExitStack, closing, suppress
from pathlib import Path

from hybridcodec.errors import InputError
from hybridcodec.pipeline.schema import migrate, require_known, version_of
from hybridcodec.storage.durable import publish, write_durably

_BUSY_MS = 30_000
_UNREADABLE_IN_PLACE = (sqlite3.SQLITE_CANTOPEN, sqlite3.SQLITE_READONLY, sqlite3.SQLITE_IOERR)
_LOGS = ("-wal", "-journal")


def open_to_write(path: Path, stack: ExitStack) -> sqlite3.Connection:
    """Open, make or migrate a ledger; closing `stack` leaves it as a single file.

    Raises:
        sqlite3.Error: it is damaged, locked or no ledger.
        OSError: it cannot be made.
        InputError: it is empty.
        UnsupportedError: it was written by a later version.
    """
    path = path.resolve()
    if not path.exists():
        _make(path)
    _require_content(path)
    connection = _checked(_connected(path, "mode=rw", stack))
    stack.callback(_as_one_file, connection)
    connection.execute("PRAGMA journal_mode = WAL")
    connection.execute("PRAGMA synchronous = FULL")
    migrate(connection)
    return connection


def open_to_read(path: Path, stack: ExitStack) -> sqlite3.Connection:
    """Open a ledger, wherever it lies; closing `stack` leaves nothing behind.

    Raises:
        sqlite3.Error: it is missing, damaged or no ledger.
        OSError: it cannot be copied.
        InputError: it is empty.
        UnsupportedError: it was written by a later version.
    """
    path = path.resolve()  # the log lies beside the file, not beside a link to it
    _require_content(path)
    try:
        stack.callback(_tidy, path)
        return _checked(_connected(path, "mode=ro", stack))
    except sqlite3.OperationalError as error:
        if getattr(error, "sqlite_errorcode", 0) & 0xFF not in _UNREADABLE_IN_PLACE or os.access(path.parent, os.W_OK):
            raise
    if not any(_filled(_beside(path, name)) for name in _LOGS):
        return _checked(_connected(path, "mode=ro&immutable=1", stack))
    return _checked(_connected(_copied(path, stack), "mode=rw", stack))


def _make(path: Path) -> None:
    """Make a ledger without rows under another name, and name it: a run that is killed here leaves no half of one."""
    with closing(sqlite3.connect(":memory:", isolation_level=None)) as connection:
        migrate(connection)
        data = connection.serialize()
    temporary = _beside(path, f"-{secrets.token_hex(6)}.new")
    try:
        write_durably(temporary, data)
        publish(temporary, path, replace=False)
    except FileExistsError:  # another run was faster
        pass
    finally:
        temporary.unlink(missing_ok=True)


def _require_content(path: Path) -> None:
    if path.is_file() and path.stat().st_size == 0:
        raise InputError(
            f"{path}: the ledger is empty: the file has 0 bytes, and what it knew is gone; restore it, or move it away "
            "to begin a new one"
        )


def _connected(path: Path, mode: str, stack: ExitStack) -> sqlite3.Connection:
    address = f"{path.absolute().as_uri()}?{mode}"
    connection = sqlite3.connect(address, uri=True, isolation_level=None, timeout=_BUSY_MS / 1000)
    stack.callback(connection.close)
    connection.text_factory = lambda raw: raw.decode("utf-8", "surrogateescape")
    return connection


def _checked(connection: sqlite3.Connection) -> sqlite3.Connection:
    """Return the connection to a sound ledger; a row that an index misses would be one that was never written."""
    require_known(connection)
    if version_of(connection) == 0:
        raise sqlite3.DatabaseError("not a ledger")
    (state,) = connection.execute("PRAGMA integrity_check(1)").fetchone()
    if state != "ok":
        raise sqlite3.DatabaseError(state)
    return connection


def _as_one_file(connection: sqlite3.Connection) -> None:
    """Put the log into the ledger; where somebody reads it at this moment, that is done when the last one ends."""
    with suppress(sqlite3.Error, ValueError):
        connection.rollback()
        connection.execute("PRAGMA busy_timeout = 0")
        connection.execute("PRAGMA journal_mode = DELETE")


def _tidy(path: Path) -> None:
    """Remove log and index if they are there and nobody uses them; whoever does has the ledger locked."""
    if not any(_beside(path, name).exists() for name in ("-wal", "-shm")) or not os.access(path.parent, os.W_OK):
        return
    with suppress(sqlite3.Error, ValueError), ExitStack() as stack:
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

"""Which files a listing had already, on disk rather than in memory, so that a million names take little of it."""

import os
import sqlite3
from contextlib import AbstractContextManager
from types import TracebackType
from typing import Self

from hybridcodec.errors import InputError

_CACHE_KILOBYTES = 16384


class Seen(AbstractContextManager["Seen"]):
    """Files by where they really are; to be used in one thread at a time."""

    def __init__(self) -> None:
        self._table = sqlite3.connect("", isolation_level=None, check_same_thread=False)  # a file without a name
        self._table.execute(f"PRAGMA cache_size = -{_CACHE_KILOBYTES}")
        self._table.execute("PRAGMA journal_mode = OFF")
        self._table.execute("CREATE TABLE seen (place BLOB PRIMARY KEY, name BLOB) WITHOUT ROWID")
        self._table.execute("BEGIN")

    def __enter__(self) -> Self:
        """Return itself."""
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        """Forget everything."""
        self._table.close()

    def before(self, place: str, name: str) -> str | None:
        """Note that `place` was met under `name`; return the name under which it was met before, None for the first.

        Raises:
            InputError: the disk for temporary files is full.
        """
        key = os.fsencode(place)
        try:
            added = self._table.execute("INSERT OR IGNORE INTO seen VALUES (?, ?)", (key, os.fsencode(name))).rowcount
            if added:
                return None
            (found,) = self._table.execute("SELECT name FROM seen WHERE place = ?", (key,)).fetchone()
        except sqlite3.Error as error:
            raise InputError(
                f"no room to note which files were met, in the folder for temporary files: {error}"
            ) from error
        return os.fsdecode(found)

"""The ledger's tables as they are read: row by row, by number; `rows` knows what becomes of a row.

Each row is asked for by itself, so that nobody who reads a large ledger for hours keeps a run from writing it.
"""

import sqlite3
from array import array
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any, Final, Generic, TypeVar

from hybridcodec.pipeline.record import NAMES, Record
from hybridcodec.pipeline.rows import Altered, Former, Run, Watch, from_history, from_row, from_run
from hybridcodec.pipeline.schema import columns_of

T = TypeVar("T")


@dataclass(frozen=True)
class Table(Generic[T]):
    """A table: its name, the columns that are read beside its digest, and what makes something of a row."""

    name: str
    columns: tuple[str, ...]
    read: Callable[[int, dict[str, Any]], T | Altered]

    def numbers(self, connection: sqlite3.Connection, question: str = "ORDER BY id", *values: object) -> "array[int]":
        """Return the numbers of all rows, or of those that the rest of the question asks for."""
        return array("q", (row[0] for row in connection.execute(f"SELECT id FROM {self.name} {question}", values)))  # noqa: S608

    def rows(self, connection: sqlite3.Connection, numbers: "array[int]", altered: Watch) -> Iterator[T]:
        """Yield what is in the rows of these numbers; columns that an older ledger lacks are left out."""
        present = columns_of(connection, self.name)
        columns = [name for name in (*self.columns, "digest") if name in present]
        question = f"SELECT {', '.join(columns)} FROM {self.name} WHERE id = ?"  # noqa: S608 - our own names
        for number in numbers:
            row = connection.execute(question, (number,)).fetchone()
            if row is None:
                altered(Altered(self.name, number, "a row", "it vanished while the ledger was read"))
                continue
            found = self.read(number, dict(zip(columns, row, strict=True)))
            if isinstance(found, Altered):
                altered(found)
            else:
                yield found


FILES: Final[Table[Record]] = Table("files", NAMES, from_row)
HISTORY: Final[Table[Former]] = Table("history", ("source", "output", "replaced_in_run", "record"), from_history)
RUNS: Final[Table[Run]] = Table("runs", tuple(Run.__dataclass_fields__), from_run)


def sign_rows(connection: sqlite3.Connection) -> None:
    """Give rows of `history` and `runs` that have no digest theirs: those of the first ledgers, and new ones."""
    tables: tuple[Table[Any], ...] = (HISTORY, RUNS)
    for table in tables:
        for number in table.numbers(connection, "WHERE digest IS NULL"):
            for found in table.rows(connection, array("q", [number]), lambda _: None):
                connection.execute(f"UPDATE {table.name} SET digest = ? WHERE id = ?", (found.digest(), number))  # noqa: S608

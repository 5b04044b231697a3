"""The ledger: what is known of every file, in one SQLite file beside the outputs. Written by the driver alone.

    with Ledger.open(find_ledger(folder)) as ledger:
        for record in ledger.records(Verdict.FLAGGED): ...

A record is durable once `commit` returns (write-ahead log, synchronous FULL). Every row carries a digest of its fields,
so that a row that was altered by accident is never taken for a proof; against a forger, who can write digests too, only
`head` helps, kept elsewhere.
"""

import hashlib
import json
import os
import sqlite3
from collections.abc import Iterator, Mapping
from contextlib import AbstractContextManager, ExitStack
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from types import TracebackType
from typing import Any, Self, TypeVar

from hybridcodec.errors import InputError, MismatchError
from hybridcodec.pipeline.clutter import HIDDEN_FOLDER, folded
from hybridcodec.pipeline.opening import open_to_read, open_to_write
from hybridcodec.pipeline.record import Record
from hybridcodec.pipeline.rows import INSERT, Altered, Former, Run, Watch, as_bytes, sqlite_failures_as_ours, to_row
from hybridcodec.pipeline.schema import columns_of, version_of
from hybridcodec.pipeline.summary import Summary, Tally
from hybridcodec.pipeline.tables import FILES, HISTORY, RUNS, Table, sign_rows
from hybridcodec.proof.flags import Verdict

LEDGER_NAME = "ledger.sqlite"
_SAME_FILE = "WHERE source = CAST(? AS TEXT) AND output = CAST(? AS TEXT)"
T = TypeVar("T")


def ledger_path(destination: Path) -> Path:
    """Return where the ledger of a destination folder lies."""
    return destination / HIDDEN_FOLDER / LEDGER_NAME


def find_ledger(path: Path) -> Path:
    """Return the ledger that `path` means: itself, or the one of that destination folder.

    Raises:
        InputError: there is none.
    """
    found = ledger_path(path) if path.is_dir() else path
    if not found.is_file():
        elsewhere = "; one that lies elsewhere is named by its file (verify: --ledger-file)" if path.is_dir() else ""
        raise InputError(f"{path}: no ledger here; expected {found}{elsewhere}")
    return found


def now() -> str:
    """Return the wall clock, UTC, ISO 8601 to the millisecond; for people, nothing is decided by it."""
    return datetime.now(UTC).isoformat(timespec="milliseconds")


class Ledger(AbstractContextManager["Ledger"]):
    """An open ledger; use it in one thread, and as a context that closes it.

    What reads rows takes `altered`, which is told of every row that is not what was written, and the reading goes on;
    without it such a row is a MismatchError.
    """

    def __init__(self, connection: sqlite3.Connection, path: Path, open_things: ExitStack) -> None:
        self._connection = connection
        self._open_things = open_things
        self.path = path

    @classmethod
    def open(cls, path: Path, *, write: bool = False) -> Self:
        """Open a ledger for reading or, made and migrated if need be, for writing.

        Raises:
            InputError: it is missing, damaged, locked or no ledger.
            UnsupportedError: it was written by a later version.
        """
        with sqlite_failures_as_ours(path), ExitStack() as stack:
            connection = (open_to_write if write else open_to_read)(path, stack)
            if write:
                sign_rows(connection)
            return cls(connection, path, stack.pop_all())

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        """Close; what was not committed is dropped."""
        with sqlite_failures_as_ours(self.path):
            self._open_things.close()

    @property
    def version(self) -> int:
        """Version of the schema."""
        with sqlite_failures_as_ours(self.path):
            return version_of(self._connection)

    @property
    def destination(self) -> Path | None:
        """The folder that outputs are named below: where the ledger lies, or what was noted; None if nothing tells."""
        if self._home is not None:
            return self._home
        with sqlite_failures_as_ours(self.path):
            if not columns_of(self._connection, "archive"):
                return None
            row = self._connection.execute("SELECT CAST(destination AS TEXT) FROM archive").fetchone()
        return Path(row[0]) if row and row[0] and "\0" not in row[0] else None

    @property
    def _home(self) -> Path | None:
        """The folder that the ledger lies in and moves with; None for one elsewhere."""
        folder = self.path.absolute().parent
        return folder.parent if (folder.name, self.path.name) == (HIDDEN_FOLDER, LEDGER_NAME) else None

    def belong_to(self, destination: Path, *, moved: bool = False) -> None:
        """Note durably which folder the ledger is about; another one than before only where the archive `moved`.

        Raises:
            InputError: it is about another folder.
        """
        before = self.destination
        if before and os.path.realpath(before) != os.path.realpath(destination) and (self._home or not moved):
            hint = f"hybridcodec ledger moved {self.path} {destination}"
            where = "it moves with that folder" if self._home else f"if the archive was moved there: {hint}"
            raise InputError(
                f"{self.path}: this is the ledger of {before}, and {destination} needs one of its own; {where}"
            )
        with sqlite_failures_as_ours(self.path):
            self._begin()
            question = "INSERT OR REPLACE INTO archive (id, destination) VALUES (1, CAST(? AS TEXT))"
            self._connection.execute(question, (as_bytes(os.path.abspath(destination)),))
            self._connection.execute("COMMIT")

    def find(self, source: str, output: str) -> Record | None:
        """Return the record of this source and output, if there is one.

        Raises:
            MismatchError: its row was altered.
        """
        return next(self._rows(FILES, _SAME_FILE, as_bytes(source), as_bytes(output)), None)

    def has_proof(self, output: str) -> bool:
        """Tell whether the file of this name was ever proven, of whatever source; not by the index that `find` uses."""
        rows = "SELECT 1 FROM files INDEXED BY files_by_output WHERE output = CAST(? AS TEXT) AND proofs > 0"
        question = f"SELECT EXISTS ({rows})"
        with sqlite_failures_as_ours(self.path):
            return bool(self._connection.execute(question, (as_bytes(output),)).fetchone()[0])

    def records(
        self, verdict: Verdict | None = None, *, worst_first: bool = False, altered: Watch | None = None
    ) -> Iterator[Record]:
        """Yield all records, or those with this verdict, by output; few are in memory at a time.

        `worst_first` puts flagged ones before failed ones, and proven ones last.

        Raises:
            MismatchError: a row was altered, and `altered` is not given.
        """
        last_first = "verdict = 'proven', verdict = 'ignored', verdict = 'failed', "
        order = f"{last_first if worst_first else ''}output, source"
        for record in self._rows(FILES, f"ORDER BY {order}", altered=altered):
            if verdict in (None, record.verdict):
                yield record

    def history(self, source: str, output: str) -> list[Record]:
        """Return what the record of this source and output said before, oldest first.

        Raises:
            MismatchError: a row was altered.
        """
        formers = self._rows(HISTORY, f"{_SAME_FILE} ORDER BY id", as_bytes(source), as_bytes(output))
        return [former.record for former in formers]

    def formers(self, *, altered: Watch | None = None) -> Iterator[Former]:
        """Yield all that records said before, oldest first."""
        return self._rows(HISTORY, altered=altered)

    def runs(self, *, altered: Watch | None = None) -> list[Run]:
        """Return all runs, oldest first."""
        return list(self._rows(RUNS, altered=altered))

    def summary(self, *, altered: Watch | None = None) -> Summary:
        """Return the ledger in numbers."""
        tally = Tally()
        for record in self.records(altered=altered):
            tally.add(record)
        return tally.summary()

    def head(self) -> str:
        """Return one SHA-256 over all rows, hexadecimal; docs/pipeline.md says how anyone computes it.

        Raises:
            MismatchError: a row was altered: nobody should sign that.
        """
        lines = hashlib.sha256()
        for kind, rows in (("file", self.records()), ("history", self.formers()), ("run", self.runs())):
            for row in rows:
                lines.update(f"{kind} {row.digest()}\n".encode())
        return lines.hexdigest()

    def begin_run(self, host: str, settings: Mapping[str, Any]) -> int:
        """Note durably that a run begins; returns its number."""
        with sqlite_failures_as_ours(self.path):
            self._begin()
            done = self._connection.execute(
                "INSERT INTO runs (started, host, settings) VALUES (?, ?, ?)", (now(), host, json.dumps(settings))
            )
            number = int(done.lastrowid or 0)
            sign_rows(self._connection)
            self._connection.execute("COMMIT")
        return number

    def end_run(self, run: int, counts: Mapping[str, int]) -> None:
        """Note durably that a run ended, with how many files were `proven`, `flagged`, `failed` and `skipped`."""
        with sqlite_failures_as_ours(self.path):
            self._begin()
            self._connection.execute(
                "UPDATE runs SET ended = ?, proven = ?, flagged = ?, failed = ?, skipped = ?, digest = NULL "
                "WHERE id = ?",
                (now(), *(counts.get(name, 0) for name in ("proven", "flagged", "failed", "skipped")), run),
            )
            sign_rows(self._connection)
            self._connection.execute("COMMIT")

    def claim(self, output: str, source: str, run: int) -> str | None:
        """Note that the name `output` belongs to `source`; returns another source that has it already, or None.

        A source of an earlier run that was never proven loses its name to one of this run.
        """
        name = as_bytes(folded(output))
        with sqlite_failures_as_ours(self.path):
            self._begin()
            self._connection.execute(
                "INSERT OR IGNORE INTO names (name, source, run) VALUES (CAST(? AS TEXT), CAST(? AS TEXT), ?)",
                (name, as_bytes(source), run),
            )
            self._connection.execute(
                "UPDATE names SET source = CAST(:source AS TEXT), run = :run "
                "WHERE name = CAST(:name AS TEXT) AND run < :run AND NOT EXISTS "
                "(SELECT 1 FROM files WHERE files.source = names.source AND files.proofs > 0)",
                {"name": name, "source": as_bytes(source), "run": run},
            )
            (owner,) = self._connection.execute(
                "SELECT source FROM names WHERE name = CAST(? AS TEXT)", (name,)
            ).fetchone()
        return None if owner == source else str(owner)

    def write(self, record: Record, run: int, *, count: bool = True) -> Record:
        """Put a record in the place of the earlier one of its source and output; it is durable after `commit`.

        Returns what was written: an acceptance of loss that was ever given stays, and proofs are counted, unless
        `count` says that this record is not another proof.
        """
        before = self.find(record.source, record.output)
        proven = record.verdict is Verdict.PROVEN
        same = before is not None and before.output_hash == record.output_hash
        record = replace(
            record,
            run=run,
            accepted_lossy=record.accepted_lossy or (before is not None and before.accepted_lossy),
            proofs=(before.proofs if before and same else 0) + (proven and count),
        )
        with sqlite_failures_as_ours(self.path):
            self._begin()
            if before is not None:
                self._keep(Former(before, run))
            self._connection.execute(INSERT, to_row(record))
        return record

    def commit(self) -> None:
        """Make durable what was written."""
        with sqlite_failures_as_ours(self.path):
            if self._connection.in_transaction:
                self._connection.execute("COMMIT")

    def _begin(self) -> None:
        if not self._connection.in_transaction:
            self._connection.execute("BEGIN IMMEDIATE")

    def _keep(self, former: Former) -> None:
        paths, text = (as_bytes(former.record.source), as_bytes(former.record.output)), former.record.to_dict()
        self._connection.execute(
            "INSERT INTO history (source, output, replaced_in_run, record, digest) "
            "VALUES (CAST(? AS TEXT), CAST(? AS TEXT), ?, ?, ?)",
            (*paths, former.replaced_in_run, json.dumps(text), former.digest()),
        )

    def _rows(
        self, table: Table[T], question: str = "ORDER BY id", *values: object, altered: Watch | None = None
    ) -> Iterator[T]:
        with sqlite_failures_as_ours(self.path):
            numbers = table.numbers(self._connection, question, *values)
            yield from table.rows(self._connection, numbers, altered or self._refuse)

    def _refuse(self, fault: Altered) -> None:
        raise MismatchError(f"{self.path}: {fault}")

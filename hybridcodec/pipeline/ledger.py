"""The ledger: what is known of every file, in one SQLite file beside the outputs. Written by the driver alone.

    with Ledger.open(find_ledger(folder)) as ledger:
        for record in ledger.records(Verdict.FLAGGED): ...

A record is durable once `commit` returns (write-ahead log, synchronous FULL). Every row carries a digest of its fields,
so that an altered row is an error and not a proof.
"""

import json
import sqlite3
import unicodedata
from collections.abc import Iterator, Mapping
from contextlib import AbstractContextManager
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from pathlib import Path
from types import TracebackType
from typing import Any, Self

from hybridcodec.errors import InputError
from hybridcodec.pipeline.flags import Verdict
from hybridcodec.pipeline.record import Record
from hybridcodec.pipeline.rows import INSERT, SELECT, as_bytes, from_row, sqlite_failures_as_ours, to_row
from hybridcodec.pipeline.schema import migrate, require_known, version_of

HIDDEN_FOLDER = ".hybridcodec"
LEDGER_NAME = "ledger.sqlite"


@dataclass(frozen=True)
class Run:
    """One run of the pipeline; `ended` is empty where it was killed or still goes on."""

    id: int
    started: str
    ended: str
    host: str
    settings: Mapping[str, Any]
    proven: int
    flagged: int
    failed: int
    skipped: int


@dataclass(frozen=True)
class Summary:
    """A ledger in numbers; sizes in bytes, of proven files only."""

    verdicts: Mapping[str, int]
    flags: Mapping[str, int]
    modes: Mapping[str, int]
    accepted_lossy: int
    sources_deleted: int
    source_bytes: int
    output_bytes: int
    pixels: int

    @property
    def files(self) -> int:
        """Number of records."""
        return sum(self.verdicts.values())


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
        raise InputError(f"{path}: no ledger here; expected {found}")
    return found


def folded(name: str) -> str:
    """Return a name as a file system sees it that ignores case and Unicode composition."""
    return unicodedata.normalize("NFC", unicodedata.normalize("NFC", name).casefold())


def now() -> str:
    """Return the wall clock, UTC, ISO 8601 to the millisecond; for people, nothing is decided by it."""
    return datetime.now(UTC).isoformat(timespec="milliseconds")


class Ledger(AbstractContextManager["Ledger"]):
    """An open ledger; use it in one thread, and as a context that closes it."""

    def __init__(self, connection: sqlite3.Connection, path: Path) -> None:
        self._connection = connection
        self.path = path

    @classmethod
    def open(cls, path: Path, *, write: bool = False) -> Self:
        """Open a ledger for reading or, made and migrated if need be, for writing.

        Raises:
            InputError: it is missing, damaged, locked or no ledger.
            UnsupportedError: it was written by a later version.
        """
        with sqlite_failures_as_ours(path):
            address = f"{path.absolute().as_uri()}?mode={'rwc' if write else 'ro'}"
            connection = sqlite3.connect(address, uri=True, isolation_level=None, timeout=30)
            try:
                _prepare(connection, write=write)
            except BaseException:
                connection.close()
                raise
            return cls(connection, path)

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        """Close; what was not committed is dropped."""
        with sqlite_failures_as_ours(self.path):
            self._connection.close()

    @property
    def version(self) -> int:
        """Version of the schema."""
        return version_of(self._connection)

    def find(self, source: str, output: str) -> Record | None:
        """Return the record of this source and output, if there is one."""
        return next(self._query(f"{SELECT} WHERE source = CAST(? AS TEXT) AND output = CAST(? AS TEXT)",
                                (as_bytes(source), as_bytes(output))), None)  # fmt: skip

    def has_proof(self, output: str) -> bool:
        """Tell whether the file of this name was ever proven."""
        question = "SELECT EXISTS (SELECT 1 FROM files WHERE output = CAST(? AS TEXT) AND proofs > 0)"
        with sqlite_failures_as_ours(self.path):
            return bool(self._connection.execute(question, (as_bytes(output),)).fetchone()[0])

    def records(self, verdict: Verdict | None = None) -> Iterator[Record]:
        """Yield all records, or those with this verdict, by output; few are in memory at a time.

        Raises:
            InputError: a row does not match its digest.
        """
        if verdict is None:
            return self._query(f"{SELECT} ORDER BY output, source", ())
        return self._query(f"{SELECT} WHERE verdict = ? ORDER BY output, source", (verdict.value,))

    def history(self, source: str, output: str) -> list[Record]:
        """Return what the record of this source and output said before, oldest first."""
        question = "SELECT record FROM history WHERE source = CAST(? AS TEXT) AND output = CAST(? AS TEXT) ORDER BY id"
        with sqlite_failures_as_ours(self.path):
            rows = self._connection.execute(question, (as_bytes(source), as_bytes(output))).fetchall()
        return [Record.from_dict(json.loads(row[0])) for row in rows]

    def runs(self) -> list[Run]:
        """Return all runs, oldest first."""
        with sqlite_failures_as_ours(self.path):
            rows = self._connection.execute(
                "SELECT id, started, ended, host, settings, proven, flagged, failed, skipped FROM runs ORDER BY id"
            ).fetchall()
        return [Run(row[0], row[1], row[2] or "", row[3], json.loads(row[4]), *row[5:]) for row in rows]

    def summary(self) -> Summary:
        """Return the ledger in numbers."""

        def counts(question: str) -> dict[str, int]:
            return dict(self._connection.execute(question).fetchall())

        with sqlite_failures_as_ours(self.path):
            sums = self._connection.execute(
                "SELECT COALESCE(SUM(source_bytes), 0), COALESCE(SUM(output_bytes), 0), "
                "COALESCE(SUM(width * height), 0) FROM files WHERE verdict = 'proven'"
            ).fetchone()
            once = self._connection.execute(
                "SELECT COALESCE(SUM(accepted_lossy), 0), COALESCE(SUM(source_deleted), 0) FROM files"
            ).fetchone()
            return Summary(
                dict.fromkeys(Verdict, 0) | counts("SELECT verdict, COUNT(*) FROM files GROUP BY verdict"),
                counts(
                    "SELECT json_extract(value, '$.kind') AS kind, COUNT(DISTINCT files.id) FROM files, "
                    "json_each(files.flags) GROUP BY kind ORDER BY kind"
                ),
                counts("SELECT mode, COUNT(*) FROM files WHERE mode <> '' GROUP BY mode ORDER BY mode"),
                *once,
                *sums,
            )

    def begin_run(self, host: str, settings: Mapping[str, Any]) -> int:
        """Note durably that a run begins; returns its number."""
        with sqlite_failures_as_ours(self.path):
            self._begin()
            done = self._connection.execute(
                "INSERT INTO runs (started, host, settings) VALUES (?, ?, ?)", (now(), host, json.dumps(settings))
            )
            self._connection.execute("COMMIT")
        return int(done.lastrowid or 0)

    def end_run(self, run: int, counts: Mapping[str, int]) -> None:
        """Note durably that a run ended, with how many files were `proven`, `flagged`, `failed` and `skipped`."""
        with sqlite_failures_as_ours(self.path):
            self._begin()
            self._connection.execute(
                "UPDATE runs SET ended = ?, proven = ?, flagged = ?, failed = ?, skipped = ? WHERE id = ?",
                (now(), *(counts.get(name, 0) for name in ("proven", "flagged", "failed", "skipped")), run),
            )
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
                self._connection.execute(
                    "INSERT INTO history (source, output, replaced_in_run, record) "
                    "VALUES (CAST(? AS TEXT), CAST(? AS TEXT), ?, ?)",
                    (as_bytes(record.source), as_bytes(record.output), run, json.dumps(before.to_dict())),
                )
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

    def _query(self, question: str, values: tuple[object, ...]) -> Iterator[Record]:
        with sqlite_failures_as_ours(self.path):
            for row in self._connection.execute(question, values):
                yield from_row(row, self.path)


def _prepare(connection: sqlite3.Connection, *, write: bool) -> None:
    connection.text_factory = lambda raw: raw.decode("utf-8", "surrogateescape")
    if write:
        connection.execute("PRAGMA journal_mode = WAL")
        connection.execute("PRAGMA synchronous = FULL")
        migrate(connection)
    require_known(connection)
    if version_of(connection) == 0:
        raise sqlite3.DatabaseError("not a ledger")
    (state,) = connection.execute("PRAGMA quick_check(1)").fetchone()
    if state != "ok":
        raise sqlite3.DatabaseError(state)

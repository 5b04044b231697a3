"""How records and runs become rows of the ledger and back; `ledger` holds the connection, `schema` the tables.

Every row carries a digest of what it says. A row that is not what was written is named by an `Altered`, and costs
nobody the other rows.
"""

import hashlib
import json
import sqlite3
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any, TypeVar

from hybridcodec.errors import InputError
from hybridcodec.pipeline.record import NAMES, Record
from hybridcodec.plain import made, require_time

_PATHS = ("source", "output")
_VALUES = ", ".join(f"CAST(:{name} AS TEXT)" if name in _PATHS else f":{name}" for name in NAMES)
_NEW = ", ".join(f"{name} = excluded.{name}" for name in (*NAMES, "digest") if name not in _PATHS)
INSERT = (
    f"INSERT INTO files ({', '.join(NAMES)}, digest) VALUES ({_VALUES}, :digest) "  # noqa: S608
    f"ON CONFLICT (source, output) DO UPDATE SET {_NEW}"
)
"""A row keeps its number when it is replaced, so that who reads the ledger meanwhile misses none."""
_AS_JSON = ("flags", "models", "versions", "crop", "left_out")
_YES_NO = ("accepted_lossy", "source_deleted", "file_loss_accepted", "restores")
_ODD = (ValueError, TypeError, KeyError, RecursionError)
"""What reading a row raises that was never written by us; RecursionError comes of JSON that is nested too deep."""
_LONGEST = 300


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

    def digest(self) -> str:
        """Return a SHA-256 over all fields."""
        return _digest(vars(self))


@dataclass(frozen=True)
class Former:
    """What a row said before it was replaced, in which run."""

    record: Record
    replaced_in_run: int

    def digest(self) -> str:
        """Return a SHA-256 over the record's digest and the run."""
        return _digest({"record": self.record.digest(), "replaced_in_run": self.replaced_in_run})


@dataclass(frozen=True)
class Altered:
    """A row that is not what was written.

    Attributes:
        table: of the ledger.
        row: its number there.
        what: what the row is about, as far as it says.
        reason: what is wrong with it.
    """

    table: str
    row: int
    what: str
    reason: str

    def __str__(self) -> str:
        return f"row {self.row} of {self.table}, {self.what} was altered: {self.reason}"


Watch = Callable[[Altered], None]
T = TypeVar("T", Record, Former, Run)


def as_bytes(text: str) -> bytes:
    """Return a file name as the system gave it: it may be no Unicode, and SQLite keeps it byte for byte."""
    return text.encode("utf-8", "surrogateescape")


def to_row(record: Record) -> dict[str, Any]:
    """Return the parameters of `INSERT`."""
    record = replace(record, error=record.error.encode("utf-8", "backslashreplace").decode())
    values = record.to_dict()
    for name in _AS_JSON:
        values[name] = None if values[name] is None else json.dumps(values[name])
    return values | {name: as_bytes(values[name]) for name in _PATHS} | {"digest": record.digest()}


def from_row(row: int, values: dict[str, Any]) -> Record | Altered:
    """Return the record in a row of `files`, given by column; columns of later versions may be missing."""
    what = f"the record of {_name(values.get('source'))}"
    try:
        digest = values.pop("digest")
        record = Record.from_dict(_plain(values))
    except _ODD as error:
        return Altered("files", row, what, _reason(error))
    return _matching(record, digest, Altered("files", row, what, "it does not match its digest"))


def from_history(row: int, values: dict[str, Any]) -> Former | Altered:
    """Return what a row of `history` holds; one of the first ledgers has no digest."""
    what = f"what was known before of {_name(values.get('source'))}"
    try:
        record = Record.from_dict(_object(json.loads(values["record"])))
        former = Former(record, made(int, values["replaced_in_run"]))
        if (record.source, record.output) != (values["source"], values["output"]):
            return Altered("history", row, what, "it is about another file")
    except _ODD as error:
        return Altered("history", row, what, _reason(error))
    return _matching(former, values.get("digest"), Altered("history", row, what, "it does not match its digest"))


def from_run(row: int, values: dict[str, Any]) -> Run | Altered:
    """Return the run in a row of `runs`; one of the first ledgers has no digest."""
    what = "a run of the pipeline"
    try:
        digest = values.pop("digest", None)
        run: Run = made(Run, values | {"settings": json.loads(values["settings"]), "ended": values["ended"] or ""})
        require_time(run.started)
        require_time(run.ended)
    except _ODD as error:
        return Altered("runs", row, what, _reason(error))
    return _matching(run, digest, Altered("runs", row, what, "it does not match its digest"))


def _matching(found: T, digest: object, altered: Altered) -> T | Altered:
    return found if digest == found.digest() or (digest is None and altered.table != "files") else altered


def _plain(values: dict[str, Any]) -> dict[str, Any]:
    for name in _AS_JSON:
        if values.get(name) is not None:
            values[name] = json.loads(values[name])
    for name in _YES_NO:
        if values.get(name) in (0, 1):
            values[name] = bool(values[name])
    return values


def _object(value: Any) -> dict[str, Any]:
    if not isinstance(value, dict):
        raise TypeError("expected an object")
    return value


def _digest(values: Mapping[str, Any]) -> str:
    return hashlib.sha256(json.dumps(values, sort_keys=True).encode()).hexdigest()


def _name(value: object) -> str:
    return value[:_LONGEST] if isinstance(value, str) else "a file without a name"


def _reason(error: Exception) -> str:
    if isinstance(error, RecursionError):
        return "it is nested too deep"
    return f"{error.args[0]} is missing" if isinstance(error, KeyError) else str(error)[:_LONGEST]


@contextmanager
def sqlite_failures_as_ours(path: Path) -> Iterator[None]:
    """Turn every failure of SQLite inside the block into an InputError that names the ledger, in one line."""
    try:
        yield
    except (sqlite3.Error, OSError, ValueError) as error:  # a damaged schema is quoted in messages that are no UTF-8
        reason = " ".join(str(getattr(error, "strerror", None) or error).split())
        raise InputError(f"{path}: the ledger cannot be used: {reason}") from error

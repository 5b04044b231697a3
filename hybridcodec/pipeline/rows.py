"""How a record becomes a row of the ledger and back; `ledger` holds the connection, `schema` the tables."""

import json
import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path
from typing import Any

from hybridcodec.errors import InputError
from hybridcodec.pipeline.record import NAMES, Record

SELECT = f"SELECT {', '.join(NAMES)}, digest FROM files"  # noqa: S608
_PATHS = ("source", "output")
_VALUES = ", ".join(f"CAST(:{name} AS TEXT)" if name in _PATHS else f":{name}" for name in NAMES)
INSERT = f"INSERT OR REPLACE INTO files ({', '.join(NAMES)}, digest) VALUES ({_VALUES}, :digest)"  # noqa: S608
_AS_JSON = ("flags", "models", "versions", "crop", "left_out")
_YES_NO = ("accepted_lossy", "source_deleted", "file_loss_accepted")


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


def from_row(row: tuple[Any, ...], path: Path) -> Record:
    """Return the record in a row of `SELECT`.

    Raises:
        InputError: the row does not match its digest.
    """
    values = dict(zip(NAMES, row, strict=False))
    try:
        for name in _AS_JSON:
            values[name] = None if values[name] is None else json.loads(values[name])
        for name in _YES_NO:
            values[name] = bool(values[name])
        record = Record.from_dict(values)
    except (ValueError, TypeError, KeyError) as error:
        raise InputError(f"{path}: the record of {values['source']} was altered: {error}") from error
    if record.digest() != row[-1]:
        raise InputError(f"{path}: the record of {values['source']} was altered: it does not match its digest")
    return record


@contextmanager
def sqlite_failures_as_ours(path: Path) -> Iterator[None]:
    """Turn every failure of SQLite inside the block into an InputError that names the ledger."""
    try:
        yield
    except (sqlite3.Error, OSError) as error:
        raise InputError(f"{path}: the ledger cannot be used: {error}") from error

"""The ledger's tables as SQL, one step a version; `PRAGMA user_version` counts the steps that a file has taken.

A released step is never edited: a change is one more step, and old ledgers take it when they are opened for writing.
"""

import sqlite3

from hybridcodec.errors import UnsupportedError

MIGRATIONS: tuple[str, ...] = (
    """
    CREATE TABLE runs (
        id INTEGER PRIMARY KEY,
        started TEXT NOT NULL,
        ended TEXT,
        host TEXT NOT NULL,
        settings TEXT NOT NULL,
        proven INTEGER NOT NULL DEFAULT 0,
        flagged INTEGER NOT NULL DEFAULT 0,
        failed INTEGER NOT NULL DEFAULT 0,
        skipped INTEGER NOT NULL DEFAULT 0
    );
    CREATE TABLE files (
        id INTEGER PRIMARY KEY,
        source TEXT NOT NULL,
        output TEXT NOT NULL,
        verdict TEXT NOT NULL,
        flags TEXT NOT NULL,
        error TEXT NOT NULL,
        profile TEXT NOT NULL,
        mode TEXT NOT NULL,
        max_error INTEGER NOT NULL,
        accepted_lossy INTEGER NOT NULL,
        settings TEXT NOT NULL,
        source_bytes INTEGER,
        source_hash TEXT NOT NULL,
        source_samples TEXT NOT NULL,
        output_bytes INTEGER,
        output_hash TEXT NOT NULL,
        base_samples TEXT NOT NULL,
        exact_samples TEXT NOT NULL,
        width INTEGER,
        height INTEGER,
        channels INTEGER,
        worst_error INTEGER,
        models TEXT NOT NULL,
        versions TEXT NOT NULL,
        host TEXT NOT NULL,
        encoder INTEGER,
        verifier INTEGER,
        started TEXT NOT NULL,
        finished TEXT NOT NULL,
        encode_seconds REAL,
        verify_seconds REAL,
        evidence TEXT NOT NULL,
        crop TEXT,
        proofs INTEGER NOT NULL,
        source_deleted INTEGER NOT NULL,
        run INTEGER NOT NULL REFERENCES runs (id),
        digest TEXT NOT NULL,
        UNIQUE (source, output)
    );
    CREATE INDEX files_by_output ON files (output);
    CREATE INDEX files_by_verdict ON files (verdict);
    -- What a row said before it was replaced, as JSON.
    CREATE TABLE history (
        id INTEGER PRIMARY KEY,
        source TEXT NOT NULL,
        output TEXT NOT NULL,
        replaced_in_run INTEGER NOT NULL REFERENCES runs (id),
        record TEXT NOT NULL
    );
    -- Which source an output name belongs to, with case and Unicode composition folded away.
    CREATE TABLE names (
        name TEXT PRIMARY KEY,
        source TEXT NOT NULL,
        run INTEGER NOT NULL
    ) WITHOUT ROWID;
    """,
    """
    ALTER TABLE files ADD COLUMN left_out TEXT NOT NULL DEFAULT '[]';
    ALTER TABLE files ADD COLUMN file_loss_accepted INTEGER NOT NULL DEFAULT 0;
    ALTER TABLE files ADD COLUMN pictures INTEGER;
    ALTER TABLE files ADD COLUMN restores INTEGER NOT NULL DEFAULT 0;
    ALTER TABLE files ADD COLUMN unread TEXT NOT NULL DEFAULT '';
    ALTER TABLE files ADD COLUMN samples TEXT NOT NULL DEFAULT '';
    -- NULL in rows of before, which get theirs when the ledger is opened.
    ALTER TABLE history ADD COLUMN digest TEXT;
    ALTER TABLE runs ADD COLUMN digest TEXT;
    -- The folder that outputs are named below; one ledger is about one folder.
    CREATE TABLE archive (
        id INTEGER PRIMARY KEY CHECK (id = 1),
        destination TEXT NOT NULL
    );
    """,
)


def columns_of(connection: sqlite3.Connection, table: str) -> frozenset[str]:
    """Return the names of a table's columns, none of a table that is not there: a ledger may be of an older version."""
    return frozenset(row[1] for row in connection.execute(f"PRAGMA table_info({table})"))


def version_of(connection: sqlite3.Connection) -> int:
    """Return how many steps the file has taken; 0 for an empty one."""
    return int(connection.execute("PRAGMA user_version").fetchone()[0])


def migrate(connection: sqlite3.Connection) -> None:
    """Take the steps that are missing, each in a transaction of its own.

    Raises:
        UnsupportedError: the file was written by a later version.
    """
    require_known(connection)
    for number in range(version_of(connection), len(MIGRATIONS)):
        connection.executescript(f"BEGIN IMMEDIATE; {MIGRATIONS[number]} PRAGMA user_version = {number + 1}; COMMIT;")


def require_known(connection: sqlite3.Connection) -> None:
    """Refuse a file of a later version.

    Raises:
        UnsupportedError: it has taken steps that are unknown here.
        sqlite3.DatabaseError: it has taken fewer than none.
    """
    found = version_of(connection)
    if found < 0:
        raise sqlite3.DatabaseError("not a ledger")
    if found > len(MIGRATIONS):
        raise UnsupportedError(f"the ledger has version {found}, this program knows up to {len(MIGRATIONS)}: update it")

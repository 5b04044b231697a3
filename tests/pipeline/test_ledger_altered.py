"""Rows that are not what was written are named, cost nobody the other rows, and end every command with exit code 3."""

import json
import sqlite3
from dataclasses import replace
from pathlib import Path

import pytest
from click.testing import CliRunner, Result
from pipeline_runs import TRIVIAL, Draw, Run
from report_ledgers import proven

from hybridcodec.cli import ledger as ledger_command
from hybridcodec.cli import report as report_command
from hybridcodec.errors import InputError, MismatchError
from hybridcodec.pipeline.audit import Finding, audit
from hybridcodec.pipeline.crew import Crew
from hybridcodec.pipeline.ledger import Ledger, ledger_path
from hybridcodec.pipeline.record import Record
from hybridcodec.proof.flags import Box, Flag, FlagKind, Verdict

DEEP = "[" * 100_000 + "]" * 100_000
DEEP_FLAG = '[{"kind": "crash", "detail": "", "box": ' + DEEP + "}]"
WRONG = "row 2 of files"
CHANGES = [
    "verdict = 'weird'", "verdict = 'proven'", "verdict = X'00'", "verdict = 7", "source = CAST(X'FF0A' AS TEXT)",
    "source = X'FF'", "output = ''", "output = '../../etc/passwd'", "output = 9e999", "error = X'FF'",
    "error = CAST(X'FF' AS TEXT)", "flags = '{'", "flags = ''", "flags = '{}'", "flags = '3'", "flags = 'null'",
    "flags = '[1]'", "flags = '[[]]'", "flags = '[{}]'", f"flags = '{DEEP}'", f"flags = '{DEEP_FLAG}'",
    """flags = '[{"kind": "weird", "detail": ""}]'""", """flags = '[{"kind": "crash", "detail": 1}]'""",
    """flags = '[{"kind": "crash", "detail": "", "box": {"x": 1}}]'""", "flags = X'FF'", "flags = 12",
    """flags = '[{"kind": ["crash"], "detail": ""}]'""", f"models = '{DEEP}'", "models = '\"abc\"'", "models = '[1]'",
    "versions = '[]'", """versions = '{"python": NaN}'""", "versions = CAST(X'22FF22' AS TEXT)", "crop = '[1, 2]'",
    "crop = '[1, 2, 3, 1e999]'", "crop = 'NaN'", "left_out = '7'", "left_out = 'null'", "max_error = -1",
    "source_bytes = -5", "source_bytes = 'many'", "source_bytes = 9e999", "output_bytes = 9223372036854775807",
    "output_bytes = -9223372036854775808", "width = 1.5", "height = X'01'", "worst_error = -3",
    "encode_seconds = 9e999", "encode_seconds = 'NaN'", "verify_seconds = -9e999", "started = 'yesterday'",
    "started = '0001-01-01T00:00:00+23:59'", "finished = '9999-12-31T23:59:59-23:59'", "finished = '2026-01-01'",
    "finished = '2026-13-45T99:99:99+00:00'", "finished = 12", "accepted_lossy = 7", "source_deleted = 'yes'",
    "source_deleted = 1", "proofs = 9223372036854775807", "proofs = 'x'", "run = X''", "settings = 5",
    "evidence = '../../../etc'", "digest = ''", "digest = X'00'", "digest = 5", "output_hash = 'ff'", "mode = X'FF'",
]  # fmt: skip
"""What stands in a row after somebody, or a bad disk, was there."""


def shortened(change: str) -> str:
    return change if len(change) < 60 else f"{change[:50]}..."


@pytest.fixture
def path(tmp_path: Path) -> Path:
    """Three records, the second of them flagged, in one run."""
    path = ledger_path(tmp_path)
    path.parent.mkdir()
    flag = Flag(FlagKind.SAMPLES_DIFFER, "3 of 60 samples differ", 3, 9, (1, 2, 0), Box(2, 1, 2, 2))
    with Ledger.open(path, write=True) as ledger:
        run = ledger.begin_run("host", {"jobs": 2})
        for number in (1, 2, 3):
            wrong = {"verdict": Verdict.FLAGGED, "flags": (flag,), "crop": (1, 2, 3, 4)} if number == 2 else {}
            ledger.write(replace(proven(number), **wrong), run)
        ledger.write(proven(3), run)
        ledger.end_run(run, {"proven": 3})
    return path


def alter(path: Path, statement: str) -> None:
    connection = sqlite3.connect(path)
    connection.execute(statement)
    connection.commit()
    connection.close()


def invoke(*arguments: str) -> Result:
    command = report_command.command if arguments[0] == "report" else ledger_command.command
    result = CliRunner().invoke(command, [*arguments] if command is not report_command.command else [*arguments[1:]])
    assert result.exception is None or isinstance(result.exception, SystemExit)
    return result


@pytest.mark.parametrize("change", CHANGES, ids=shortened)
def test_altered_row_is_named_and_the_others_are_read(path: Path, tmp_path: Path, change: str) -> None:
    alter(path, f"UPDATE files SET {change} WHERE id = 2")  # noqa: S608
    with Ledger.open(path) as ledger:
        faults: list[object] = []
        assert {record.source for record in ledger.records(altered=faults.append)} == {
            "/in/scan 1.png",
            "/in/scan 3.png",
        }
        assert [str(fault)[: len(WRONG)] for fault in faults] == [WRONG]
        with pytest.raises(MismatchError, match=WRONG):
            list(ledger.records())
    for arguments in (("summary", str(path)), ("summary", str(path), "--json"), ("export", str(path)),
                      ("export", str(path), "--format", "csv"),
                      ("report", str(path), str(tmp_path / "report.html"))):  # fmt: skip
        result = invoke(*arguments)
        assert (result.exit_code, result.stderr.count(WRONG)) == (3, 1)
    summary, exported = json.loads(invoke("summary", str(path), "--json").stdout), invoke("export", str(path)).stdout
    assert (summary["files"], summary["altered rows"], summary["proven"]) == (2, 1, 2)
    assert [json.loads(line)["source"] for line in exported.splitlines()] == ["/in/scan 1.png", "/in/scan 3.png"]
    page = (tmp_path / "report.html").read_text()
    assert WRONG in page
    assert "1 row of the ledger is not what was written" in page


@pytest.mark.parametrize(
    ("table", "change"),
    [
        ("runs", "settings = '{'"), ("runs", f"settings = '{DEEP}'"), ("runs", "settings = '[]'"),
        ("runs", "settings = X'FF'"), ("runs", "started = 'noon'"), ("runs", "ended = '0001-01-01T00:00:00+23:59'"),
        ("runs", "ended = 5"), ("runs", "host = X'FF'"), ("runs", "proven = -1"), ("runs", "proven = 30"),
        ("runs", "skipped = 'x'"), ("runs", "failed = 9e999"), ("runs", "digest = ''"),
        ("history", "record = '{'"), ("history", "record = '[]'"), ("history", f"record = '{DEEP}'"),
        ("history", "record = X'FF'"), ("history", "record = 7"), ("history", "source = 'other'"),
        ("history", "replaced_in_run = 99"), ("history", "replaced_in_run = X''"), ("history", "digest = 'ff'"),
        ("history", "record = replace(record, 'photo', 'medical')"), ("history", "record = '{\"source\": 1}'"),
    ],
    ids=shortened,
)  # fmt: skip
def test_altered_run_or_history_is_named(path: Path, tmp_path: Path, table: str, change: str) -> None:
    alter(path, f"UPDATE {table} SET {change}")  # noqa: S608
    with Ledger.open(path) as ledger, Crew(TRIVIAL) as crew:
        findings = list(audit(ledger, tmp_path, crew, 1))
        with pytest.raises(MismatchError, match=f"row 1 of {table}"):
            ledger.head()
    wrong = [finding for finding in findings if finding.record.output == ""]
    assert [(finding.path, finding.flags[0].kind) for finding in wrong] == [(path, FlagKind.RECORD_ALTERED)]
    assert f"row 1 of {table}" in wrong[0].flags[0].detail
    assert sum(finding.record.output != "" for finding in findings) == 2
    for arguments in (("summary", str(path)), ("report", str(path), str(tmp_path / "report.html"))):
        assert invoke(*arguments).exit_code == (3 if table == "runs" else 0)


def test_verifying_names_altered_rows_and_checks_the_rest(tmp_path: Path, draw: Draw, run: Run, crew: Crew) -> None:
    for number in range(4):
        draw(f"{number}.png", number)
    run()
    place = ledger_path(tmp_path / "out")
    alter(place, "UPDATE files SET output_bytes = 'x' WHERE output = '1.hyc'")
    alter(place, f"UPDATE files SET flags = '{DEEP}' WHERE output = '2.hyc'")  # noqa: S608
    with Ledger.open(place) as ledger:
        findings: list[Finding] = list(audit(ledger, tmp_path / "out", crew, 2))
    sound = {finding.record.output for finding in findings if not finding.flags}
    wrong = [flag for finding in findings for flag in finding.flags]
    assert sound == {"0.hyc", "3.hyc"}
    assert [flag.kind for flag in wrong] == [FlagKind.RECORD_ALTERED] * 2
    assert all("of files" in flag.detail for flag in wrong)


def test_run_flags_a_file_whose_record_was_altered_and_works_on_the_others(
    tmp_path: Path, draw: Draw, run: Run
) -> None:
    pictures = [draw(f"{number}.png", number) for number in range(3)]
    run()
    place = ledger_path(tmp_path / "out")
    alter(place, "UPDATE files SET source_hash = 'ff' WHERE output = '1.hyc'")
    seen: list[Record] = []
    with pytest.raises(MismatchError, match="altered"):  # reading all of it afterwards
        run(watch=seen.append, delete_source=True)
    flagged = [record for record in seen if record is not None and record.flags]
    assert [[flag.kind for flag in record.flags] for record in flagged] == [[FlagKind.RECORD_ALTERED]]
    assert [picture.exists() for picture in pictures] == [False, True, False]


@pytest.mark.parametrize("statement", ["DROP TABLE files", "DROP TABLE runs", "ALTER TABLE files DROP COLUMN flags",
                                       "PRAGMA user_version = -3", "PRAGMA user_version = 0",
                                       "ALTER TABLE files RENAME COLUMN id TO number"])  # fmt: skip
def test_ledger_without_what_every_ledger_has_is_never_a_traceback(path: Path, statement: str) -> None:
    alter(path, statement)
    command = CliRunner().invoke(ledger_command.command, ["summary", str(path)])
    assert command.exit_code in (1, 3)
    assert isinstance(command.exception, SystemExit | InputError | MismatchError)
    assert "\n" not in str(command.exception)


def test_a_database_of_somebody_else_never_becomes_a_ledger(tmp_path: Path) -> None:
    other = tmp_path / "photos.sqlite"
    alter(other, "CREATE TABLE photos (id INTEGER)")
    before = other.read_bytes()
    for write in (False, True):
        with pytest.raises(InputError, match="not a ledger"):
            Ledger.open(other, write=write)
    assert other.read_bytes() == before
    assert [entry.name for entry in tmp_path.iterdir()] == ["photos.sqlite"]

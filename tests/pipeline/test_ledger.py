"""The ledger keeps what it was given, and nothing else passes for it."""

import hashlib
import sqlite3
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from hybridcodec.errors import InputError, MismatchError, UnsupportedError
from hybridcodec.pipeline import schema
from hybridcodec.pipeline.clutter import folded
from hybridcodec.pipeline.ledger import Ledger, find_ledger, ledger_path
from hybridcodec.pipeline.record import Record
from hybridcodec.proof.flags import Box, Flag, FlagKind, Verdict, verdict_of

PROVEN = Record(
    source="/in/a.png",
    output="a.hyc",
    verdict=Verdict.PROVEN,
    profile="photo",
    mode="lossless",
    settings="5e",
    source_bytes=100,
    source_hash="aa",
    output_bytes=60,
    output_hash="bb",
    exact_samples="cc",
    width=4,
    height=5,
    channels=3,
    worst_error=0,
    models=("m1", "m2"),
    versions={"python": "3.11"},
    encode_seconds=1.0,
    crop=(1, 2, 3, 4),
)
FLAG = Flag(FlagKind.SAMPLES_DIFFER, "3 of 60 samples differ", 3, 9, (1, 2, 0), Box(2, 1, 2, 2))
FLAGGED = replace(PROVEN, output="b.hyc", source="/in/b.png", verdict=Verdict.FLAGGED, flags=(FLAG,), error="one\ntwo")


@pytest.fixture
def path(tmp_path: Path) -> Path:
    path = ledger_path(tmp_path)
    path.parent.mkdir()
    return path


@pytest.fixture
def ledger(path: Path) -> Iterator[Ledger]:
    with Ledger.open(path, write=True) as ledger:
        yield ledger


def test_records_come_back_as_they_were_written(path: Path, ledger: Ledger) -> None:
    run = ledger.begin_run("host", {"jobs": 2})
    written = [ledger.write(record, run) for record in (FLAGGED, PROVEN)]
    ledger.commit()
    with Ledger.open(path) as reader:
        assert list(reader.records()) == written[::-1]
        assert [record.flags for record in reader.records(Verdict.FLAGGED)] == [(FLAG,)]
        assert reader.find("/in/a.png", "a.hyc") == written[1]
        assert reader.find("/in/a.png", "b.hyc") is None
    assert written[1] == replace(PROVEN, proofs=1, run=run)


def test_what_was_not_committed_is_not_there(path: Path, ledger: Ledger) -> None:
    ledger.write(PROVEN, ledger.begin_run("host", {}))
    with Ledger.open(path) as reader:
        assert list(reader.records()) == []


def test_names_that_are_no_unicode_are_kept_byte_for_byte(ledger: Ledger) -> None:
    odd = replace(PROVEN, source="/in/\udcff\n'x.png", output="\udcff.hyc", error="bad \udcff")
    written = ledger.write(odd, ledger.begin_run("host", {}))
    ledger.commit()
    found = ledger.find(odd.source, odd.output)
    assert found is not None
    assert (found.source, found.output, found.error) == (odd.source, odd.output, "bad \\udcff")
    assert written.run == found.run


def test_whatever_is_written_can_be_read(ledger: Ledger) -> None:
    words = "half a letter \ud800, a byte \udcff, \0 and \u202e"
    flag = Flag(FlagKind.CRASH, words)
    ledger.write(
        replace(FLAGGED, flags=(flag,), error=words, left_out=(words,)), ledger.begin_run("host", {"a": words})
    )
    (found,) = ledger.records()
    assert (found.flags, found.left_out) == ((flag,), (words,))
    assert ledger.runs()[0].settings == {"a": words}


def test_accepted_loss_stays_for_ever_and_proofs_are_counted(ledger: Ledger) -> None:
    first, second = ledger.begin_run("host", {}), ledger.begin_run("host", {})
    ledger.write(replace(PROVEN, accepted_lossy=True), first)
    ledger.write(replace(PROVEN, output_hash="dd"), second)
    last = ledger.write(replace(PROVEN, output_hash="dd"), second)
    assert (last.accepted_lossy, last.proofs) == (True, 2)
    assert [(old.run, old.output_hash, old.proofs) for old in ledger.history("/in/a.png", "a.hyc")] == [
        (first, "bb", 1),
        (second, "dd", 1),
    ]


def test_name_belongs_to_its_first_source_whatever_the_case_or_composition(ledger: Ledger) -> None:
    assert ledger.claim("\u00e9/Photo.hyc", "/in/1", 1) is None
    assert ledger.claim("\u00e9/Photo.hyc", "/in/1", 2) is None
    assert ledger.claim("e\u0301/PHOTO.hyc", "/in/2", 1) == "/in/1"
    assert folded("STRASSE") == folded("stra\u00dfe")


def test_name_of_a_source_that_was_never_proven_is_free_in_the_next_run(ledger: Ledger) -> None:
    run = ledger.begin_run("host", {})
    ledger.write(PROVEN, run)
    assert (ledger.claim("a.hyc", "/in/a.png", run), ledger.claim("b.hyc", "/in/b.png", run)) == (None, None)
    assert ledger.claim("A.hyc", "/in/other", run + 1) == "/in/a.png"
    assert ledger.claim("B.hyc", "/in/other", run + 1) is None


def test_summary_counts_verdicts_and_flag_kinds(ledger: Ledger) -> None:
    run = ledger.begin_run("host", {})
    for record in (PROVEN, FLAGGED, replace(FLAGGED, output="c.hyc", flags=(FLAG, FLAG))):
        ledger.write(record, run)
    ledger.write(replace(PROVEN, source_deleted=True), run, count=False)
    summary = ledger.summary()
    assert summary.verdicts == {"proven": 1, "flagged": 2, "failed": 0, "ignored": 0}
    assert summary.flags == {"samples-differ": 2}
    assert (summary.files, summary.source_bytes, summary.output_bytes, summary.pixels) == (3, 100, 60, 20)
    assert summary.sources_deleted == 1


def test_runs_tell_when_they_did_not_end(ledger: Ledger) -> None:
    first, _ = ledger.begin_run("host", {"jobs": 2}), ledger.begin_run("host", {})
    ledger.end_run(first, {"proven": 3})
    ended, killed = ledger.runs()
    assert (bool(ended.ended), ended.proven, ended.settings, killed.ended) == (True, 3, {"jobs": 2}, "")


@pytest.mark.parametrize("change", ["verdict = 'proven'", "output_hash = 'ff'", "flags = '[]'", "models = '{'"])
def test_altered_row_is_an_error(path: Path, ledger: Ledger, change: str) -> None:
    ledger.write(FLAGGED, ledger.begin_run("host", {}))
    ledger.commit()
    with sqlite3.connect(path) as connection:
        connection.execute(f"UPDATE files SET {change}")  # noqa: S608
    connection.close()
    with pytest.raises(MismatchError, match=r"record of /in/b\.png was altered"):
        list(ledger.records())


def test_cut_or_foreign_file_is_refused(path: Path, tmp_path: Path) -> None:
    with Ledger.open(path, write=True) as ledger:
        run = ledger.begin_run("host", {})
        for number in range(200):
            ledger.write(replace(PROVEN, output=f"{number}.hyc"), run)
        ledger.commit()
    data = path.read_bytes()
    for broken in (data[: len(data) // 2], b"not a ledger, but long enough to be looked at" * 10, data[:90]):
        path.write_bytes(broken)
        for write in (False, True):
            with pytest.raises(InputError, match=r"ledger\.sqlite"):
                Ledger.open(path, write=write)
    with pytest.raises(InputError, match="no ledger here"):
        find_ledger(tmp_path / "elsewhere")


def test_old_ledger_takes_the_steps_it_lacks_and_a_newer_one_is_refused(
    path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with Ledger.open(path, write=True) as ledger:
        ledger.write(PROVEN, ledger.begin_run("host", {}))
        ledger.commit()
        assert ledger.version == len(schema.MIGRATIONS)
    steps = schema.MIGRATIONS
    monkeypatch.setattr(schema, "MIGRATIONS", (*steps, "ALTER TABLE runs ADD COLUMN note TEXT;"))
    with Ledger.open(path, write=True) as ledger:
        assert ledger.version == len(steps) + 1
        assert [record.output for record in ledger.records()] == ["a.hyc"]
    monkeypatch.setattr(schema, "MIGRATIONS", steps)
    for write in (False, True):
        with pytest.raises(UnsupportedError, match="update"):
            Ledger.open(path, write=write)


def test_verdict_is_proven_only_without_flags() -> None:
    unreadable = Flag(FlagKind.SOURCE_UNREADABLE, "")
    assert verdict_of([]) is Verdict.PROVEN
    assert verdict_of([unreadable]) is Verdict.FAILED
    assert verdict_of([unreadable, FLAG]) is Verdict.FLAGGED


def test_digest_of_a_row_of_the_first_ledgers_stays_what_it_was() -> None:
    assert PROVEN.digest() == "6ce0f3300401e4b7275c4a32f76165960fffa28b2fdd1800b1d595fa92abc9a0"
    assert replace(PROVEN, left_out=("a film",)).digest() != PROVEN.digest()
    assert replace(PROVEN, file_loss_accepted=True).digest() != PROVEN.digest()


HEAD = (
    "SELECT 'file ' || digest FROM files ORDER BY output, source",
    "SELECT 'history ' || digest FROM history ORDER BY id",
    "SELECT 'run ' || digest FROM runs ORDER BY id",
)
"""As docs/pipeline.md gives it to everybody."""


def test_head_is_what_anybody_computes_from_the_digests(path: Path, ledger: Ledger) -> None:
    run = ledger.begin_run("host", {"jobs": 2})
    for record in (FLAGGED, PROVEN, replace(PROVEN, output_hash="dd")):
        ledger.write(record, run)
    ledger.end_run(run, {"proven": 1, "flagged": 1})
    ledger.commit()
    connection = sqlite3.connect(path)
    lines = [row[0] for question in HEAD for row in connection.execute(question)]
    connection.close()
    assert [line.split()[0] for line in lines] == ["file", "file", "history", "run"]
    assert ledger.head() == hashlib.sha256("".join(f"{line}\n" for line in lines).encode()).hexdigest()
    docs = (Path(__file__).parents[2] / "docs" / "pipeline.md").read_text()
    assert all(question in docs for question in HEAD)


@pytest.mark.parametrize("change", ["DELETE FROM files WHERE output = 'b.hyc'", "DELETE FROM history",
                                    "DELETE FROM runs", "INSERT INTO runs SELECT id + 1, started, ended, host, "
                                    "settings, proven, flagged, failed, skipped, digest FROM runs"])  # fmt: skip
def test_head_changes_with_every_row_that_comes_or_goes(path: Path, ledger: Ledger, change: str) -> None:
    run = ledger.begin_run("host", {})
    for record in (FLAGGED, PROVEN, replace(PROVEN, output_hash="dd")):
        ledger.write(record, run)
    ledger.commit()
    before = ledger.head()
    connection = sqlite3.connect(path)
    connection.execute(change)
    connection.execute("UPDATE runs SET digest = NULL WHERE id > 1")  # a new row gets its digest when it is opened
    connection.commit()
    connection.close()
    with Ledger.open(path, write=True) as again:
        assert again.head() != before


def test_rows_of_before_get_their_digests_when_a_run_opens_the_ledger(path: Path, ledger: Ledger) -> None:
    run = ledger.begin_run("host", {})
    for record in (PROVEN, replace(PROVEN, output_hash="dd")):
        ledger.write(record, run)
    ledger.commit()
    before = ledger.head()
    connection = sqlite3.connect(path)
    for table in ("runs", "history"):
        connection.execute(f"UPDATE {table} SET digest = NULL")  # noqa: S608
    connection.commit()
    with Ledger.open(path, write=True) as again:
        assert again.head() == before
    assert connection.execute("SELECT COUNT(*) FROM runs WHERE digest IS NULL").fetchone() == (0,)
    connection.close()

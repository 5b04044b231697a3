"""A ledger that a disk or a hand has damaged is refused in one line, and never costs an only copy."""

import sqlite3
from contextlib import suppress
from pathlib import Path

import pytest
from pipeline_runs import Draw, Run
from report_ledgers import proven

from hybridcodec.errors import HybridcodecError, InputError
from hybridcodec.pipeline.ledger import Ledger, ledger_path
from hybridcodec.proof.flags import FlagKind


@pytest.fixture
def path(tmp_path: Path) -> Path:
    """Three records in one run."""
    path = ledger_path(tmp_path)
    path.parent.mkdir()
    with Ledger.open(path, write=True) as ledger:
        run = ledger.begin_run("host", {"jobs": 2})
        for number in (1, 2, 3):
            ledger.write(proven(number), run)
        ledger.commit()
    return path


def flip(path: Path, index: str, word: bytes) -> None:
    """Flip the lowest bit of the last byte of `word` in the first page of an index."""
    connection = sqlite3.connect(path)
    (page,) = connection.execute("SELECT rootpage FROM sqlite_master WHERE name = ?", (index,)).fetchone()
    (size,) = connection.execute("PRAGMA page_size").fetchone()
    connection.close()
    data = bytearray(path.read_bytes())
    data[data.index(word, (page - 1) * size, page * size) + len(word) - 1] ^= 1
    path.write_bytes(data)


@pytest.mark.parametrize("write", [False, True])
@pytest.mark.parametrize(
    ("index", "word"),
    [("sqlite_autoindex_files_1", b".png"), ("files_by_output", b".hyc"), ("files_by_verdict", b"proven")],
)
def test_flipped_bit_in_an_index_is_refused_in_one_line(path: Path, index: str, word: bytes, write: bool) -> None:
    flip(path, index, word)
    before = path.read_bytes()
    with pytest.raises(InputError, match=f"ledger cannot be used: .*{index}") as caught:
        Ledger.open(path, write=write)
    assert "\n" not in str(caught.value)
    assert path.read_bytes() == before


def test_no_flipped_bit_in_a_name_lets_another_picture_replace_an_only_copy(
    tmp_path: Path, draw: Draw, run: Run
) -> None:
    source = draw("a.png", 1)
    run(delete_source=True)
    output, place = tmp_path / "out" / "a.hyc", ledger_path(tmp_path / "out")
    only, sound = output.read_bytes(), place.read_bytes()
    draw("a.png", 2)
    word = str(source).encode()
    ends = [number + len(word) - 1 for number in range(len(sound)) if sound.startswith(word, number)]
    assert len(ends) >= 3  # in the table, in its index, in the table of names
    for end in ends:
        damaged = bytearray(sound)
        damaged[end] ^= 1
        place.write_bytes(damaged)
        with suppress(HybridcodecError):  # refused as a whole, or flagged
            run(overwrite=True)
        assert output.read_bytes() == only


def test_proven_output_that_is_not_found_by_its_source_is_not_overwritten(
    tmp_path: Path, draw: Draw, run: Run, monkeypatch: pytest.MonkeyPatch
) -> None:
    draw("a.png", 1)
    run(delete_source=True)
    only = (tmp_path / "out" / "a.hyc").read_bytes()
    draw("a.png", 2)
    monkeypatch.setattr(Ledger, "find", lambda *_: None)
    seen = []
    run(overwrite=True, watch=seen.append)
    assert [[flag.kind for flag in record.flags] for record in seen] == [[FlagKind.RECORD_ALTERED]]
    assert (tmp_path / "out" / "a.hyc").read_bytes() == only


@pytest.mark.parametrize("write", [False, True])
def test_emptied_ledger_is_refused_and_never_taken_for_a_new_one(path: Path, write: bool) -> None:
    path.write_bytes(b"")
    with pytest.raises(InputError, match=r"the ledger is empty: .*; restore it, or move it away to begin a new one"):
        Ledger.open(path, write=write)
    assert [(entry.name, entry.stat().st_size) for entry in path.parent.iterdir()] == [("ledger.sqlite", 0)]


def test_run_with_an_emptied_ledger_replaces_nothing(tmp_path: Path, draw: Draw, run: Run) -> None:
    draw("a.png", 1)
    run(delete_source=True)
    only = (tmp_path / "out" / "a.hyc").read_bytes()
    draw("a.png", 2)
    ledger_path(tmp_path / "out").write_bytes(b"")
    with pytest.raises(InputError, match="the ledger is empty"):
        run(overwrite=True)
    assert (tmp_path / "out" / "a.hyc").read_bytes() == only


def test_run_that_is_killed_while_it_makes_the_ledger_leaves_none(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with monkeypatch.context() as patch:
        patch.setattr("hybridcodec.pipeline.opening.migrate", lambda _: (_ for _ in ()).throw(KeyboardInterrupt))
        with pytest.raises(KeyboardInterrupt):
            Ledger.open(tmp_path / "new.sqlite", write=True)
    assert list(tmp_path.iterdir()) == []
    with Ledger.open(tmp_path / "new.sqlite", write=True) as ledger:
        ledger.begin_run("host", {})
    assert [entry.name for entry in tmp_path.iterdir()] == ["new.sqlite"]


@pytest.mark.parametrize("write", [False, True])
def test_damage_that_sqlite_describes_in_no_unicode_is_one_line(path: Path, write: bool) -> None:
    data = path.read_bytes()
    path.write_bytes(
        data.replace(b"namesnames", b"n\xffmesn\xffmes").replace(b"CREATE TABLE names", b"CREATE TABXE names")
    )
    with pytest.raises(InputError, match="the ledger cannot be used: ") as caught:
        Ledger.open(path, write=write)
    assert "\n" not in str(caught.value)


def test_damage_that_shows_while_rows_are_read_is_one_line(path: Path) -> None:
    def fail(*_: object) -> None:
        b"\xff".decode()

    with Ledger.open(path) as ledger:
        ledger._connection.text_factory = fail
        with pytest.raises(InputError, match="the ledger cannot be used: "):
            list(ledger.records())

"""What a run removes is its own, and what it writes stays in its destination."""

import json
import os
import shutil
import sqlite3
from pathlib import Path

import pytest
from pipeline_runs import TRIVIAL, Draw, Run

from hybridcodec.errors import InputError
from hybridcodec.pipeline.audit import audit
from hybridcodec.pipeline.crew import Crew
from hybridcodec.pipeline.ledger import Ledger, ledger_path
from hybridcodec.pipeline.record import Record
from hybridcodec.pipeline.workspace import MARK, workspace_in
from hybridcodec.proof.flags import FlagKind, Verdict
from hybridcodec.storage.durable import require_own_place


@pytest.fixture
def precious(tmp_path: Path) -> Path:
    """A folder of somebody else, with a folder `work` in it."""
    (tmp_path / "precious" / "work").mkdir(parents=True)
    (tmp_path / "precious" / "work" / "thesis.txt").write_text("years of work")
    (tmp_path / "precious" / "lock").touch()
    return tmp_path / "precious"


def contents(folder: Path) -> set[str]:
    return {path.relative_to(folder).as_posix() for path in folder.rglob("*")}


def test_folder_of_a_run_is_marked_and_used_again(tmp_path: Path) -> None:
    for _ in range(2):
        with workspace_in(tmp_path) as workspace:
            assert workspace.is_dir()
    assert contents(tmp_path / ".hybridcodec") == {MARK, "lock"}
    assert "hybridcodec pipeline" in (tmp_path / ".hybridcodec" / MARK).read_text()


@pytest.mark.parametrize("there", [(), ("lock",), ("ledger.sqlite", "evidence/1-whole.png"), (MARK,)])
def test_folder_without_a_mark_is_ours_by_what_lies_in_it_or_if_it_is_empty(tmp_path: Path, there: tuple[str]) -> None:
    hidden = tmp_path / ".hybridcodec"
    hidden.mkdir()
    for name in there:
        (hidden / name).parent.mkdir(exist_ok=True)
        (hidden / name).touch()
    with workspace_in(tmp_path) as workspace:
        assert workspace.is_dir()


def test_folder_that_is_a_link_is_refused_and_nothing_behind_it_touched(
    tmp_path: Path, draw: Draw, run: Run, precious: Path
) -> None:
    draw("a.png")
    (tmp_path / "out").mkdir()
    (tmp_path / "out" / ".hybridcodec").symlink_to(precious)
    before = contents(precious)
    with pytest.raises(InputError, match=r"\.hybridcodec: is a link"):
        run()
    assert contents(precious) == before


@pytest.mark.parametrize("name", ["work", "evidence"])
def test_folder_of_ours_that_is_a_link_is_refused(
    tmp_path: Path, draw: Draw, run: Run, precious: Path, name: str
) -> None:
    draw("a.png")
    run()
    (tmp_path / "out" / ".hybridcodec" / name).symlink_to(precious / "work")
    before = contents(precious)
    with pytest.raises(InputError, match=f"{name}: is no folder"):
        run()
    assert contents(precious) == before


def test_link_among_temporary_files_goes_and_what_it_leads_to_stays(
    tmp_path: Path, draw: Draw, run: Run, precious: Path
) -> None:
    draw("a.png")
    run()
    work = tmp_path / "out" / ".hybridcodec" / "work"
    work.mkdir()
    (work / "link").symlink_to(precious)
    before = contents(precious)
    run()
    assert contents(precious) == before
    assert not work.exists()


@pytest.mark.parametrize("link", [False, True])
def test_lock_that_is_a_link_or_a_pipe_is_refused(tmp_path: Path, precious: Path, link: bool) -> None:
    hidden = tmp_path / "out" / ".hybridcodec"
    hidden.mkdir(parents=True)
    (hidden / "ledger.sqlite").touch()
    if link:
        (hidden / "lock").symlink_to(precious / "new")
    else:
        os.mkfifo(hidden / "lock")
    with pytest.raises(InputError, match="is no regular file"), workspace_in(tmp_path / "out"):
        pass
    assert not (precious / "new").exists()


def test_foreign_folder_or_file_of_that_name_is_refused_and_kept(tmp_path: Path, precious: Path) -> None:
    hidden = tmp_path / "out" / ".hybridcodec"
    hidden.mkdir(parents=True)
    shutil.move(precious / "work", hidden / "work")
    (hidden / "README").write_text("of something else")
    before = contents(hidden)
    with pytest.raises(InputError, match="was not made by a run"), workspace_in(tmp_path / "out"):
        pass
    assert contents(hidden) == before
    shutil.rmtree(hidden)
    hidden.write_text("a file")
    with pytest.raises(InputError, match="is no folder"), workspace_in(tmp_path / "out"):
        pass
    assert hidden.read_text() == "a file"


def test_nothing_is_written_behind_a_link_in_the_destination(
    tmp_path: Path, draw: Draw, run: Run, precious: Path
) -> None:
    draw("sub/a.png")
    draw("sub/deep/b.png")
    draw("c.png")
    (tmp_path / "out").mkdir()
    (tmp_path / "out" / "sub").symlink_to(precious)
    (tmp_path / "out" / "c.hyc").symlink_to(precious / "c.hyc")
    before = contents(precious)
    for _ in range(2):
        records = run(delete_source=True, overwrite=True)
        assert set(records) == {"sub/a.hyc", "sub/deep/b.hyc", "c.hyc"}
        for record in records.values():
            assert [flag.kind for flag in record.flags] == [FlagKind.DESTINATION_UNWRITABLE]
    assert contents(precious) == before
    assert (tmp_path / "in" / "sub" / "a.png").exists()


def test_destination_may_be_a_link_itself(tmp_path: Path, draw: Draw, run: Run) -> None:
    draw("sub/a.png")
    (tmp_path / "disk").mkdir()
    (tmp_path / "out").symlink_to("disk")
    assert run()["sub/a.hyc"].verdict is Verdict.PROVEN
    assert (tmp_path / "disk" / "sub" / "a.hyc").is_file()


@pytest.mark.parametrize("output", ["../x.hyc", "a/../../x.hyc", "/etc/passwd", "", "a/..", "way/x.hyc"])
def test_place_outside_is_no_place(tmp_path: Path, output: str) -> None:
    (tmp_path / "out").mkdir()
    (tmp_path / "out" / "way").symlink_to(tmp_path)
    with pytest.raises(OSError, match=r"folder|link"):
        require_own_place(tmp_path / "out", output)
    assert require_own_place(tmp_path / "out", "a/b/..x.hyc") == tmp_path / "out" / "a" / "b" / "..x.hyc"


@pytest.mark.parametrize("way", ["up", "absolute", "link"])
def test_nothing_outside_is_read_whatever_a_row_of_the_ledger_says(
    tmp_path: Path, draw: Draw, run: Run, way: str
) -> None:
    draw("a.png")
    run()
    (tmp_path / "out" / "a.hyc").rename(tmp_path / "a.hyc")
    (tmp_path / "out" / "way").symlink_to(tmp_path)
    output = {"up": "../a.hyc", "absolute": str(tmp_path / "a.hyc"), "link": "way/a.hyc"}[way]
    rename_output(ledger_path(tmp_path / "out"), output)
    with Ledger.open(ledger_path(tmp_path / "out")) as ledger, Crew(TRIVIAL) as crew:
        findings = list(audit(ledger, tmp_path / "out", crew, 1))
    assert [[flag.kind for flag in finding.flags] for finding in findings] == [[FlagKind.OUTPUT_ALTERED]]


def rename_output(path: Path, output: str) -> None:
    """Give the only record another output, with a digest that fits."""
    with Ledger.open(path) as ledger:
        (record,) = ledger.records()
    forged = Record.from_dict(json.loads(json.dumps(record.to_dict() | {"output": output})))
    with sqlite3.connect(path) as connection:
        connection.execute("UPDATE files SET output = ?, digest = ?", (output, forged.digest()))
    connection.close()

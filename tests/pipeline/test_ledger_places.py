"""A ledger can lie elsewhere, belongs to one folder, and is read where nothing can be written."""

import os
import shutil
import sqlite3
import subprocess
import sys
from pathlib import Path

import pytest
from click.testing import CliRunner
from pipeline_runs import TRIVIAL, Draw, Run

from hybridcodec.cli import ledger as ledger_command
from hybridcodec.cli import verify as verify_command
from hybridcodec.errors import InputError
from hybridcodec.pipeline import crew, schema
from hybridcodec.pipeline.ledger import Ledger, ledger_path
from hybridcodec.pipeline.record import Record
from hybridcodec.proof.flags import Verdict

PYTHON = os.pathsep.join(path for path in sys.path if path)


@pytest.fixture
def verify(monkeypatch: pytest.MonkeyPatch) -> object:
    """Run `hybridcodec verify`, with worker processes that have a trivial codec; return its exit code and words."""
    start = crew.Crew.__init__
    monkeypatch.setattr(crew.Crew, "__init__", lambda self, _: start(self, TRIVIAL))

    def invoke(*arguments: object) -> tuple[int, str]:
        result = CliRunner().invoke(verify_command.command, [*map(str, arguments), "-j", "1"])
        ours = isinstance(result.exception, InputError)
        assert result.exception is None or ours or isinstance(result.exception, SystemExit)
        return (1 if ours else result.exit_code), result.output + str(result.exception)

    return invoke


def files(folder: Path) -> dict[str, bytes]:
    return {str(path.relative_to(folder)): path.read_bytes() for path in sorted(folder.rglob("*")) if path.is_file()}


def test_ledger_elsewhere_tells_where_its_outputs_are(tmp_path: Path, draw: Draw, run: Run, verify: object) -> None:
    draw("a.png")
    elsewhere = tmp_path / "elsewhere.sqlite"
    run(ledger=elsewhere)
    assert verify(elsewhere, "--ledger")[0] == 0
    assert verify(tmp_path / "out", "--ledger-file", elsewhere)[0] == 0
    code, said = verify(tmp_path / "out", "--ledger")
    assert (code, "no ledger here" in said, "--ledger-file" in said) == (1, True, True)
    (tmp_path / "out" / "a.hyc").write_bytes(b"")
    assert verify(elsewhere, "--ledger")[0] == 3


def test_moved_archive_is_verified_where_it_is_named_and_goes_on_when_that_is_noted(
    tmp_path: Path, draw: Draw, run: Run, verify: object
) -> None:
    draw("a.png")
    elsewhere, moved = tmp_path / "elsewhere.sqlite", tmp_path / "moved"
    run(ledger=elsewhere)
    (tmp_path / "out").rename(moved)
    code, said = verify(elsewhere, "--ledger")
    assert (code, f"verify FOLDER --ledger-file {elsewhere}" in said) == (1, True)
    assert verify(moved, "--ledger-file", elsewhere)[0] == 0
    with pytest.raises(InputError, match=r"this is the ledger of .*out, and .*moved needs one of its own"):
        run(ledger=elsewhere, destination=moved)
    assert CliRunner().invoke(ledger_command.command, ["moved", str(elsewhere), str(moved)]).exit_code == 0
    assert verify(elsewhere, "--ledger")[0] == 0
    run(ledger=elsewhere, destination=moved)
    assert [path.name for path in tmp_path.glob("elsewhere*")] == ["elsewhere.sqlite"]


def test_second_folder_never_mixes_with_the_first(tmp_path: Path, draw: Draw, run: Run) -> None:
    draw("a.png")
    elsewhere = tmp_path / "elsewhere.sqlite"
    before = run(ledger=elsewhere)
    for ledger in (elsewhere, ledger_path(tmp_path / "out")):
        if ledger != elsewhere:
            run()
        with pytest.raises(InputError, match="this is the ledger of"):
            run(ledger=ledger, destination=tmp_path / "second")
    assert run(ledger=elsewhere) == before
    (tmp_path / "link").symlink_to(tmp_path / "out")
    run(ledger=elsewhere, destination=tmp_path / "link")  # the same folder under another name


def test_ledger_in_its_archive_moves_with_it(tmp_path: Path, draw: Draw, run: Run, verify: object) -> None:
    draw("a.png")
    run()
    (tmp_path / "out").rename(tmp_path / "moved")
    assert verify(tmp_path / "moved", "--ledger")[0] == 0
    assert verify(ledger_path(tmp_path / "moved"), "--ledger")[0] == 0
    run(destination=tmp_path / "moved")
    shutil.copyfile(ledger_path(tmp_path / "moved"), tmp_path / "copy.sqlite")
    assert verify(tmp_path / "copy.sqlite", "--ledger")[0] == 0


def test_ledger_in_its_archive_is_never_noted_as_that_of_another(tmp_path: Path, draw: Draw, run: Run) -> None:
    draw("a.png")
    run()
    result = CliRunner().invoke(ledger_command.command, ["moved", str(ledger_path(tmp_path / "out")), str(tmp_path)])
    assert isinstance(result.exception, InputError)
    assert "moves with that folder" in str(result.exception)


def test_ledger_behind_a_link_leaves_nothing_beside_it_either(tmp_path: Path) -> None:
    place = killed(tmp_path)
    (tmp_path / "link.sqlite").symlink_to(place)
    with Ledger.open(tmp_path / "link.sqlite") as ledger:
        assert [record.output for record in ledger.records()] == ["late.hyc"]
    assert [path.name for path in place.parent.iterdir()] == ["ledger.sqlite"]


def test_missing_ledger_is_said_in_one_line_and_not_made(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="cannot be used"):
        Ledger.open(tmp_path / "none.sqlite")
    assert list(tmp_path.iterdir()) == []


def test_finished_ledger_is_one_file_and_reading_leaves_no_other(
    tmp_path: Path, draw: Draw, run: Run, verify: object
) -> None:
    draw("a.png")
    run()
    hidden = ledger_path(tmp_path / "out").parent
    assert {path.name for path in hidden.glob("ledger*")} == {"ledger.sqlite"}
    before = files(tmp_path / "out")
    assert verify(tmp_path / "out", "--ledger")[0] == 0
    for command in ("summary", "export", "head"):
        assert CliRunner().invoke(ledger_command.command, [command, str(tmp_path / "out")]).exit_code == 0
    assert files(tmp_path / "out") == before


def test_kept_head_tells_of_a_row_that_was_removed(tmp_path: Path, draw: Draw, run: Run, verify: object) -> None:
    for name in ("a", "b"):
        draw(f"{name}.png")
    run()
    out = tmp_path / "out"
    head = CliRunner().invoke(ledger_command.command, ["head", str(out)]).stdout.strip()
    assert verify(out, "--ledger", "--head", head.upper())[0] == 0
    connection = sqlite3.connect(ledger_path(out))
    connection.execute("DELETE FROM files WHERE output = 'a.hyc'")
    connection.commit()
    connection.close()
    (out / "a.hyc").unlink()  # whoever removes the row and the file leaves no other trace
    assert verify(out, "--ledger")[0] == 0
    code, said = verify(out, "--ledger", "--head", head)
    assert (code, f"expected {head}" in said) == (3, True)
    for wrong in (["--head", "ff", "--ledger"], ["--head", head]):
        assert verify(out, *wrong)[0] == 2


def test_ledger_of_a_killed_run_is_read_with_its_log_and_left_as_one_file(tmp_path: Path) -> None:
    place = killed(tmp_path)
    for _ in range(2):
        with Ledger.open(place) as ledger:
            assert [record.output for record in ledger.records()] == ["late.hyc"]
        assert [path.name for path in place.parent.iterdir()] == ["ledger.sqlite"]


def test_reading_beside_a_run_disturbs_nobody(tmp_path: Path) -> None:
    place = ledger_path(tmp_path)
    place.parent.mkdir()
    with Ledger.open(place, write=True) as writer:
        number = writer.begin_run("host", {})
        with Ledger.open(place) as reader:
            assert list(reader.records()) == []
            writer.write(LATE, number)
            writer.commit()
            assert [record.output for record in reader.records()] == ["late.hyc"]
        writer.write(LATE, number)
        writer.commit()
    assert [path.name for path in place.parent.iterdir()] == ["ledger.sqlite"]
    with Ledger.open(place) as reader:
        rows = reader.records()
        with Ledger.open(place, write=True) as writer:  # a run may begin while somebody reads
            writer.begin_run("host", {})
        assert [record.output for record in rows] == ["late.hyc"]
    assert [path.name for path in place.parent.iterdir()] == ["ledger.sqlite"]


LATE = Record(source="/in/late.png", output="late.hyc", verdict=Verdict.PROVEN, output_hash="ff")


def killed(folder: Path, *, index: bool = True) -> Path:
    """Make a ledger as a killed run leaves it: what counts is in the log."""
    folder.mkdir(exist_ok=True)
    with Ledger.open(folder / "live.sqlite", write=True) as ledger:
        ledger.write(LATE, ledger.begin_run("host", {}))
        ledger.commit()
        place = ledger_path(folder / "archive")
        place.parent.mkdir(parents=True)
        for name in ("", "-wal", "-shm") if index else ("", "-wal"):
            shutil.copyfile(folder / f"live.sqlite{name}", place.with_name(place.name + name))
    return place


def finished(folder: Path) -> Path:
    place = killed(folder)
    with Ledger.open(place, write=True):
        pass
    return place


def left_in_log_mode(folder: Path) -> Path:
    """As the first versions left it: no log, but in the mode that wants one."""
    place = finished(folder)
    connection = sqlite3.connect(place)
    connection.execute("PRAGMA journal_mode = WAL")
    connection.close()
    return place


READ = """
import sys
from pathlib import Path
from pipeline_runs import TRIVIAL
from hybridcodec import cli
from hybridcodec.pipeline.audit import audit
from hybridcodec.pipeline.crew import Crew
from hybridcodec.proof.flags import Verdict
from hybridcodec.pipeline.ledger import Ledger, find_ledger
archive, report = map(Path, sys.argv[1:])
try:
    (archive / "test").touch()
except OSError:
    pass
else:
    sys.exit("this is not read-only")
with Ledger.open(find_ledger(archive)) as ledger, Crew(TRIVIAL) as crew:
    assert [finding.record.output for finding in audit(ledger, archive, crew, 1)] == ["late.hyc"]
for line in (["ledger", "summary", archive], ["ledger", "export", archive], ["ledger", "head", archive],
             ["report", archive, report]):
    assert cli.run([str(word) for word in line]) == 0, line
"""


@pytest.mark.parametrize(
    "make", [finished, left_in_log_mode, killed, lambda folder: killed(folder, index=False)],
    ids=["finished", "log mode", "killed", "killed, no index"],
)  # fmt: skip
def test_archive_on_a_read_only_mount_is_read_and_stays_as_it_is(tmp_path: Path, make: object) -> None:
    archive = make(tmp_path).parent.parent
    unshare = shutil.which("unshare")
    mount = 'mount --bind "$1" "$1" && mount -o remount,bind,ro "$1"'
    if not unshare or subprocess.run([unshare, "-m", "sh", "-c", mount, "sh", archive], check=False).returncode:
        pytest.skip("no right to mount anything")
    before = files(archive)
    subprocess.run(
        [unshare, "-m", "sh", "-c", f'{mount} && exec "$2" -c "$3" "$1" "$4"', "sh", archive, sys.executable, READ,
         tmp_path / "report.html"],
        env=os.environ | {"PYTHONPATH": PYTHON}, check=True,
    )  # fmt: skip
    assert files(archive) == before
    assert "late.hyc" in (tmp_path / "report.html").read_text()


def test_ledger_of_the_first_version_is_read_without_being_changed(tmp_path: Path, verify: object) -> None:
    place = ledger_path(tmp_path)
    place.parent.mkdir()
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(schema, "MIGRATIONS", schema.MIGRATIONS[:1])
        connection = sqlite3.connect(place)
        schema.migrate(connection)
    row = finished(tmp_path / "new")
    connection.execute("ATTACH ? AS new", (str(row),))
    for table, left_out in (("files", {"left_out", "file_loss_accepted"}), ("runs", {"digest"})):
        names = ", ".join(sorted(schema.columns_of(connection, table) - left_out))
        connection.execute(f"INSERT INTO {table} ({names}) SELECT {names} FROM new.{table}")  # noqa: S608
    connection.commit()
    connection.close()
    before = place.read_bytes()
    with Ledger.open(place) as ledger, Ledger.open(row) as new:
        assert ledger.version == 1
        assert (list(ledger.records()), ledger.runs()) == (list(new.records()), new.runs())
        assert (ledger.history("", ""), ledger.summary(), ledger.head()) == ([], new.summary(), new.head())
        assert ledger.has_proof("late.hyc")
    assert verify(tmp_path, "--ledger")[0] == 3  # late.hyc is not there
    shutil.copyfile(place, tmp_path / "elsewhere.sqlite")
    assert "does not say where" in verify(tmp_path / "elsewhere.sqlite", "--ledger")[1]
    assert place.read_bytes() == before


def test_verifying_that_looks_at_no_file_is_no_success(tmp_path: Path, draw: Draw, run: Run, verify: object) -> None:
    draw("a.png")
    run()
    codes = [verify(tmp_path / "out", "--ledger", "--sample", part)[0] for part in ("1/3", "2/3", "3/3")]
    assert codes == [0, 0, 0]  # all parts together are everything; two of them have no file, which is said
    run(str(tmp_path / "nope.png"), destination=tmp_path / "none")
    for arguments in ((), ("--json",), ("--sample", "5%"), ("--quiet",)):
        code, said = verify(tmp_path / "none", "--ledger", *arguments)
        assert (code, "no file to look at" in said) == (1, True)

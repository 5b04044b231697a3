"""The pipeline as a shell sees it: exit codes, messages, signals, and what `verify` and `ledger` say of its work."""

import csv
import json
import os
import re
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest
from click.testing import CliRunner
from PIL import Image

from hybridcodec import read_info
from hybridcodec.cli.pipeline import command
from hybridcodec.errors import HybridcodecError, InputError, MismatchError
from hybridcodec.pipeline.engine import LocalEngine
from hybridcodec.pipeline.ledger import Ledger, ledger_path
from hybridcodec.pipeline.seen import Seen
from hybridcodec.pipeline.task import Outcome, Task


def hybridcodec(*arguments: object) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-m", "hybridcodec", *map(str, arguments)]
    return subprocess.run(command, capture_output=True, text=True, check=False)


def draw(path: Path, seed: int = 0, size: int = 9) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    samples = np.random.default_rng(seed).integers(0, 50, (size, size, 3), np.uint8)
    Image.fromarray(samples).save(path)


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """`in`, and `out` with what one run made of it: a proven file, a failed one, and one file left out."""
    folder = tmp_path_factory.mktemp("pipeline")
    draw(folder / "in" / "a.png")
    (folder / "in" / "bad.png").write_bytes(b"nothing")
    (folder / "in" / "note.txt").touch()
    done = hybridcodec(
        *("pipeline", folder / "in", folder / "out", "--profile", "medical", "--jobs", 1, "--on-other", "ignore"),
        *("--keep", "content"),
    )
    assert done.returncode == 1
    assert done.stdout.startswith("1 proven; 3 files; ")
    lines = done.stderr.splitlines()
    assert lines[0].startswith(f"hybridcodec: {folder / 'in' / 'bad.png'}: failed: source-unreadable: ")
    assert lines[1:] == ["hybridcodec: no pictures, ignored: 1 .txt"]
    return folder


def test_ledger_tells_people_and_programs(folder: Path) -> None:
    shown = hybridcodec("ledger", "summary", folder / "out").stdout
    assert re.search(r"^proven +1$", shown, re.MULTILINE)
    assert re.search(r"^flags +not-taken 1, source-unreadable 1$", shown, re.MULTILINE)
    assert json.loads(hybridcodec("ledger", "summary", folder / "out", "--json").stdout)["files"] == 3
    rows = [json.loads(line) for line in hybridcodec("ledger", "export", folder / "out").stdout.splitlines()]
    table = list(csv.DictReader(hybridcodec("ledger", "export", folder / "out", "--format", "csv").stdout.splitlines()))
    assert [row["output"] for row in rows] == [row["output"] for row in table] == ["a.hyc", "bad.hyc", "note.txt"]
    assert rows[0]["verdict"] == table[0]["verdict"] == "proven"
    assert json.loads(table[1]["flags"]) == rows[1]["flags"]
    failed = hybridcodec("ledger", "export", folder / "out", "--verdict", "failed").stdout.splitlines()
    assert [json.loads(line)["output"] for line in failed] == ["bad.hyc"]


def test_verify_compares_a_folder_with_its_ledger(folder: Path, tmp_path: Path) -> None:
    done = hybridcodec("verify", folder / "out", "--ledger", "--json")
    assert done.returncode == 0
    (line,) = done.stdout.splitlines()
    assert json.loads(line)["ok"]
    copy = tmp_path / "copy"
    subprocess.run(["/bin/cp", "-r", folder / "out", copy], check=True)
    (copy / "a.hyc").write_bytes((copy / "a.hyc").read_bytes()[:-1])
    done = hybridcodec("verify", copy / ".hybridcodec" / "ledger.sqlite", "--ledger")
    assert done.returncode == 3
    assert done.stderr.startswith(f"hybridcodec: {copy / 'a.hyc'}: output-altered: ")
    assert done.stdout == "0 files are what the ledger says, 1 are not\n"


def test_verify_of_files_has_json_lines(folder: Path) -> None:
    done = hybridcodec("verify", folder / "out" / "a.hyc", folder / "in" / "a.png", "--json")
    good, bad = (json.loads(line) for line in done.stdout.splitlines())
    assert (good["ok"], good["info"]["mode"]) == (True, "lossless")
    assert (bad["ok"], bad["exit_code"]) == (False, done.returncode) == (False, 4)


def test_file_that_is_kept_without_a_picture_is_said(tmp_path: Path) -> None:
    (tmp_path / "bad.png").write_bytes(b"nothing")
    done = hybridcodec("pipeline", tmp_path / "bad.png", tmp_path / "out", "--profile", "medical", "--jobs", 1)
    assert (done.returncode, done.stdout.partition(";")[0]) == (0, "1 proven")
    assert "1 file was kept whole, without a picture: unread in `hybridcodec ledger export` says why" in done.stderr
    (row,) = [json.loads(line) for line in hybridcodec("ledger", "export", tmp_path / "out").stdout.splitlines()]
    assert (row["pictures"], row["restores"], row["width"]) == (0, True, None)
    assert row["unread"]


def test_bad_lines_of_a_list_cost_one_record_each(tmp_path: Path) -> None:
    draw(tmp_path / "good.png")
    lines = b"good.png\r\nbad\0name.png\n\n\xff\x1b[1m.png\n" + b"x" * 300 + b".png\ngone/too.png"
    command = [sys.executable, "-P", "-m", "hybridcodec", "pipeline", "-", "out", "--profile", "photo", "-j", "1", "-q"]
    done = subprocess.run(command, cwd=tmp_path, input=lines, capture_output=True, check=False)
    assert done.returncode == 1
    assert b"Traceback" not in done.stderr
    assert b"\x1b" not in done.stderr
    rows = [json.loads(line) for line in hybridcodec("ledger", "export", tmp_path / "out").stdout.splitlines()]
    assert len(rows) == 5
    assert [row["output"] for row in rows if row["verdict"] == "proven"] == ["good.hyc"]
    assert {row["source"].rpartition("/")[2] for row in rows} >= {"bad\0name.png", "\udcff\x1b[1m.png", "too.png"}
    assert hybridcodec("ledger", "export", tmp_path / "out", "--format", "csv").returncode == 0
    assert hybridcodec("report", tmp_path / "out", tmp_path / "page.html").returncode == 0


def test_list_of_names_that_end_in_zero_bytes(tmp_path: Path) -> None:
    draw(tmp_path / "two\nlines.png")
    draw(tmp_path / "plain.png", 1)
    names = b"./two\nlines.png\0./plain.png\0"
    command = [sys.executable, "-P", "-m", "hybridcodec", "pipeline", "-0", "-", "out", "--profile", "photo", "-j", "1"]
    done = subprocess.run(command, cwd=tmp_path, input=names, capture_output=True, check=False)
    assert (done.returncode, done.stderr) == (0, b"")
    assert {path.name for path in (tmp_path / "out").glob("*.hyc")} == {"two\nlines.hyc", "plain.hyc"}


def test_files_are_of_the_effort_that_is_asked_for(folder: Path, tmp_path: Path) -> None:
    source, out = folder / "in" / "a.png", tmp_path / "out"
    done = hybridcodec("pipeline", source, out, "--profile", "photo", "-j", 1, "--effort", "fast")
    assert (done.returncode, done.stderr) == (0, "")
    assert read_info((out / "a.hyc").read_bytes()).effort.startswith("fast")
    assert hybridcodec("pipeline", source, out, "--profile", "photo", "-j", 1, "-q").returncode == 0
    assert read_info((out / "a.hyc").read_bytes()).effort.startswith("normal")


def test_best_for_previews_is_refused_once_where_torch_cannot_be_had(folder: Path, tmp_path: Path) -> None:
    (tmp_path / "torch.py").write_text("raise ImportError('no torch here')")
    arguments = ("pipeline", folder / "in", tmp_path / "out", "--profile", "photo", "--mode", "perceptual")
    command = [sys.executable, "-m", "hybridcodec", *map(str, arguments), "--effort", "best"]
    environment = os.environ | {"PYTHONPATH": str(tmp_path)}
    done = subprocess.run(command, capture_output=True, text=True, check=False, env=environment)
    assert (done.returncode, done.stdout, len(done.stderr.splitlines())) == (5, "", 1)
    assert "an effort of best for previews needs torch (extra `best`)" in done.stderr
    assert not (tmp_path / "out").exists()


FAILURES = [
    (1, "effort fast", ["pipeline", "{in}", "{out}", "--profile", "photo", "--mode", "perceptual", "--effort", "fast"]),
    (1, "--accept-lossy", ["pipeline", "{in}", "{out}", "--profile", "medical", "--mode", "perceptual"]),
    (
        1,
        "--accept-lossy",
        ["pipeline", "{in}", "{out}", "--profile", "photo", "--mode", "perceptual", "--delete-source"],
    ),
    (1, "no files", ["pipeline", "{empty}", "{out}", "--profile", "photo"]),
    (1, "no file has such a name", ["pipeline", "{in}/*.gif", "{out}", "--profile", "photo"]),
    (1, "cannot be used as destination", ["pipeline", "{in}", "{in}/a.png", "--profile", "photo"]),
    (1, "no Dask scheduler", ["pipeline", "{in}", "{out}", "--profile", "photo", "--cluster", "nonsense://x"]),
    (1, "was DST forgotten", ["pipeline", "{in}", "{out}.png", "--profile", "photo"]),
    (1, "no ledger here", ["ledger", "summary", "{empty}"]),
    (1, "3/12", ["verify", "{done}", "--ledger", "--sample", "much"]),
    (2, "Missing option '--profile'", ["pipeline", "{in}", "{out}"]),
    (2, "800M", ["pipeline", "{in}", "{out}", "--profile", "photo", "--memory", "much"]),
    (2, "--sample needs", ["verify", "{in}/a.png", "--sample", "5%"]),
    (2, "one folder", ["verify", "{done}", "{done}", "--ledger"]),
]


@pytest.mark.parametrize(("code", "message", "arguments"), FAILURES, ids=range(len(FAILURES)))
def test_failure_is_one_message_with_its_exit_code(
    folder: Path, tmp_path: Path, code: int, message: str, arguments: list[str]
) -> None:
    (tmp_path / "empty").mkdir()
    places = {"in": folder / "in", "out": tmp_path / "out", "empty": tmp_path / "empty", "done": folder / "out"}
    done = hybridcodec(*(argument.format(**places) for argument in arguments))
    assert (done.returncode, done.stdout) == (code, "")
    assert message in done.stderr
    assert "Traceback" not in done.stderr


def test_flagged_file_decides_the_exit_code(folder: Path, tmp_path: Path) -> None:
    draw(tmp_path / "in" / "a.png")
    (tmp_path / "in" / "bad.png").write_bytes(b"nothing")
    (tmp_path / "out").mkdir()
    (tmp_path / "out" / "a.hyc").write_bytes((folder / "in" / "a.png").read_bytes())
    done = hybridcodec("pipeline", tmp_path / "in", tmp_path / "out", "--profile", "photo", "-j", 1, "--quiet")
    assert (done.returncode, done.stdout) == (3, "")
    assert "flagged: output-exists: " in done.stderr


class Breaking(LocalEngine):
    """Gives the first outcomes, and then the run cannot go on, or somebody stops it."""

    error: Exception | None = HybridcodecError("no worker process can be started: no space left")
    after = 1

    def prove_all(self, tasks: Iterator[Task], stop: threading.Event) -> Iterator[Outcome]:
        for number, outcome in enumerate(super().prove_all(tasks, stop), 1):
            yield outcome
            if number == self.after:
                if self.error is not None:
                    raise self.error
                stop.set()


@pytest.mark.parametrize("error", [Breaking.error, InputError("the ledger cannot be used"), MismatchError("altered")])
def test_run_that_breaks_off_never_ends_as_if_it_had_looked_at_everything(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, error: Exception
) -> None:
    for number in range(5):
        (tmp_path / "in" / f"{number}.txt").parent.mkdir(exist_ok=True)
        (tmp_path / "in" / f"{number}.txt").write_text("no picture")
    monkeypatch.setattr("hybridcodec.pipeline.engine.LocalEngine", Breaking)
    monkeypatch.setattr(Breaking, "error", error)
    given = [str(tmp_path / "in"), str(tmp_path / "out"), "--profile", "photo", "-j", "1"]
    done = CliRunner().invoke(command, [*given, "--on-other", "copy"])
    assert done.exit_code == 1
    assert done.stdout.startswith("1 proven; 1 files; ")
    assert done.stdout.endswith("; broke off\n")
    *_, said, last = done.stderr.splitlines()
    assert said == f"hybridcodec: {error}"
    assert last.startswith("hybridcodec: broke off after 1 files: the others were not looked at")
    (run,) = Ledger.open(ledger_path(tmp_path / "out")).runs()
    assert not run.ended


def test_what_an_earlier_run_made_is_not_counted_among_the_files_that_are_no_pictures(tmp_path: Path) -> None:
    for name in ("a.txt", "b.txt"):
        (tmp_path / "in" / name).parent.mkdir(exist_ok=True)
        (tmp_path / "in" / name).write_text("no picture")
    given = [str(tmp_path / "in"), str(tmp_path / "in"), "--profile", "document", "-j", "1", "--on-other"]
    assert CliRunner().invoke(command, [*given, "keep"]).exit_code == 0
    for name in ("a.txt", "b.txt"):
        (tmp_path / "in" / name).unlink()
    draw(tmp_path / "in" / "p.png")
    assert "no pictures" not in CliRunner().invoke(command, [*given, "ignore"]).stderr
    (tmp_path / "in" / "c.hyc").write_text("of somebody else")
    done = CliRunner().invoke(command, [*given, "ignore"])
    assert "hybridcodec: no pictures, ignored: 1 .hyc\n" in done.stderr


def test_listing_that_cannot_go_on_breaks_a_run_off(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def before(_: Seen, place: str, name: str) -> None:
        if name.endswith("b.txt"):
            raise InputError(f"no room to note {place}")

    names = [str(tmp_path / name) for name in ("a.txt", "b.txt", "*.gif", "out")]
    for name in names[:2]:
        Path(name).write_text("no picture")
    given = [*names, "--profile", "photo", "-j", "1"]
    assert CliRunner().invoke(command, given).exit_code == 3
    monkeypatch.setattr(Seen, "before", before)
    done = CliRunner().invoke(command, given)
    assert (done.exit_code, done.stdout.rpartition("; ")[2]) == (1, "broke off\n")


@pytest.mark.parametrize(("error", "code", "word"), [(Breaking.error, 1, "broke off"), (None, 130, "interrupted")])
def test_flags_do_not_hide_that_a_run_did_not_come_to_its_end(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, error: Exception | None, code: int, word: str
) -> None:
    (tmp_path / "in").mkdir()
    for name in ("a.txt", "b.txt", "c.txt", "d.txt", "e.txt"):
        (tmp_path / "in" / name).write_text("no picture")
        (tmp_path / "out" / name).parent.mkdir(exist_ok=True)
        (tmp_path / "out" / name).write_text("another")
    monkeypatch.setattr("hybridcodec.pipeline.engine.LocalEngine", Breaking)
    monkeypatch.setattr(Breaking, "error", error)
    given = [str(tmp_path / "in"), str(tmp_path / "out"), "--profile", "photo", "-j", "1", "--on-other", "copy"]
    done = CliRunner().invoke(command, given)
    assert re.search(r"; [1-4] flagged, ", done.stdout)
    assert done.stdout.endswith(f"; {word}\n")
    assert done.exit_code == code
    monkeypatch.setattr(Breaking, "after", 0)
    assert CliRunner().invoke(command, given).exit_code == 3


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_interrupted_run_finishes_the_files_in_hand_and_says_how_to_go_on(tmp_path: Path, number: int) -> None:
    for index in range(300):
        draw(tmp_path / "in" / f"{index}.png", index, 30)
    command = ["-m", "hybridcodec", "pipeline", tmp_path / "in", tmp_path / "out", "--profile", "photo", "-j", "1"]
    run = subprocess.Popen(
        [sys.executable, *map(str, command)], stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
    )
    end = time.monotonic() + 120
    while not list((tmp_path / "out").glob("*.hyc")) and time.monotonic() < end:
        time.sleep(0.05)
    run.send_signal(number)
    out, errors = run.communicate(timeout=120)
    assert run.returncode == 130
    assert "finishing the files in hand" in errors
    assert "run the same command again" in errors
    done = len(list((tmp_path / "out").glob("*.hyc")))
    assert out.startswith(f"{done} proven; {done} files; ")
    assert 1 <= done < 300
    assert not (tmp_path / "out" / ".hybridcodec" / "work").exists()

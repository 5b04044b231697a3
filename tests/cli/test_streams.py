"""Standard streams that are closed, full, gone or of a narrow encoding: no traceback, an honest exit code."""

import os
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from hybridcodec.cli import streams
from hybridcodec.errors import InputError

GOLDEN = Path(__file__).parents[2] / "container" / "golden" / "v2.0" / "pictures" / "rgb.hyc"
MODULE = f'"{sys.executable}" -P -m hybridcodec'
NARROW = {"LC_ALL": "C", "PYTHONUTF8": "0", "PYTHONCOERCECLOCALE": "0", "PYTHONIOENCODING": "ascii:strict"}
pytestmark = pytest.mark.skipif(not os.path.exists("/dev/full"), reason="needs /dev/full and a POSIX shell")


def shell(command: str, folder: Path, **environment: str) -> subprocess.CompletedProcess[bytes]:
    line = command.replace("hybridcodec", MODULE, 1)
    return subprocess.run(
        ["/bin/sh", "-c", line], cwd=folder, env=os.environ | environment, capture_output=True, check=False
    )


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    (tmp_path / "a.hyc").write_bytes(GOLDEN.read_bytes())
    return tmp_path


FAILURES = [
    ("hybridcodec info a.hyc > /dev/full", "No space left on device"),
    ("hybridcodec info --json a.hyc > /dev/full", "No space left on device"),
    ("hybridcodec info a.hyc >&-", "it is closed"),
    ("hybridcodec --help > /dev/full", "No space left on device"),
    ("hybridcodec --version > /dev/full", "No space left on device"),
    ("hybridcodec info - <&-", "standard input is closed"),
    ("hybridcodec verify --json a.hyc > /dev/full", "No space left on device"),
    ("hybridcodec extract a.hyc - >&-", "standard output is closed"),
    ("hybridcodec extract a.hyc - > /dev/full", "No space left on device"),
    ("hybridcodec pipeline - out --profile photo <&-", "standard input is closed"),
]


@pytest.mark.parametrize(("command", "message"), FAILURES)
def test_stream_that_fails_is_one_line_and_exit_code_1(folder: Path, command: str, message: str) -> None:
    done = shell(command, folder)
    assert b"Traceback" not in done.stderr
    (line,) = done.stderr.decode().splitlines()
    assert line.startswith("hybridcodec: ")
    assert message in line
    assert done.returncode == 1
    assert done.stdout == b""


@pytest.mark.parametrize("where", ["2>&-", "2> /dev/full", ">&- 2>&-", "> /dev/full 2> /dev/full", "<&- >&- 2>&-"])
@pytest.mark.parametrize(("arguments", "code"), [("info missing.hyc", 1), ("info", 2), ("info a.png", 4)])
def test_exit_code_is_what_it_is_where_nobody_listens(folder: Path, where: str, arguments: str, code: int) -> None:
    (folder / "a.png").write_bytes(b"no such file")
    done = shell(f"hybridcodec {arguments} {where}", folder)
    assert (done.returncode, done.stdout, done.stderr) == (code, b"", b"")


def test_file_that_was_written_stays_although_that_cannot_be_said(folder: Path) -> None:
    Image.fromarray(np.arange(48, dtype=np.uint8).reshape(4, 4, 3)).save(folder / "p.png")
    for where, output in (("> /dev/full", "full.hyc"), (">&-", "closed.hyc")):
        done = shell(f"hybridcodec encode p.png {output} {where}", folder)
        (line,) = done.stderr.decode().splitlines()
        assert f"it should have said: p.png -> {output}: " in line
        assert done.returncode == 1
        assert shell(f"hybridcodec verify -q {output} --against p.png", folder).returncode == 0
    assert shell("hybridcodec encode -q p.png quiet.hyc >&- 2>&- <&-", folder).returncode == 0
    assert {path.name for path in folder.iterdir()} == {"a.hyc", "p.png", "full.hyc", "closed.hyc", "quiet.hyc"}


def test_what_is_printed_never_lands_in_an_output(folder: Path) -> None:
    program = "import os; from hybridcodec.cli.streams import take_streams; take_streams(); print(os.open('x', 64 | 1))"
    done = subprocess.run(
        ["/bin/sh", "-c", f'"{sys.executable}" -P -c "{program}" <&- 2>&-'],
        cwd=folder,
        capture_output=True,
        check=False,
    )
    assert int(done.stdout) > 2


@pytest.mark.parametrize("name", [b"\xff\xfe.hyc", "grün-図.hyc".encode(), b"a\x1b[31m\nb.hyc"])
@pytest.mark.parametrize("environment", [NARROW, {"PYTHONUTF8": "1"}], ids=["narrow", "wide"])
def test_names_of_any_bytes_are_read_and_said(folder: Path, name: bytes, environment: dict[str, str]) -> None:
    path = os.path.join(os.fsencode(folder), name)
    for command in ("info", "info --json", "extract -f"):
        with open(path, "wb") as file:
            file.write(GOLDEN.read_bytes()[: None if command.startswith("info") else -9])
        run = [sys.executable, "-P", "-m", "hybridcodec", *command.split(), path]
        run += [path[:-4] + b"x.hyc"] if command.startswith("extract") else []
        done = subprocess.run(run, env=os.environ | environment, capture_output=True, check=False)
        assert b"Traceback" not in done.stderr
        assert done.returncode == (0 if command.startswith("info") else 4), done.stderr
        assert b"\x1b" not in done.stderr
        assert len(done.stderr.splitlines()) <= 1


def test_ledger_names_the_same_files_under_every_locale(folder: Path) -> None:
    (folder / "in").mkdir()
    for name in (b"gr\xc3\xbcn.png", b"gr\xfcn.png"):
        with open(os.path.join(os.fsencode(folder), b"in", name), "wb") as file:
            Image.fromarray(np.arange(48, dtype=np.uint8).reshape(4, 4, 3)).save(file, "PNG")
    made = shell("hybridcodec pipeline in out --profile photo -j 1", folder, **NARROW)
    assert (made.returncode, made.stderr) == (0, b"")
    for environment in (NARROW, {"PYTHONUTF8": "1"}):
        checked = shell("hybridcodec verify out --ledger -j 1", folder, **environment)
        assert (checked.returncode, checked.stderr) == (0, b"")
        assert checked.stdout.splitlines()[-1] == b"2 files are what the ledger says, 0 are not"
        assert b"gr\\udcfcn.hyc: ok" in checked.stdout
    assert "grün.hyc: ok".encode() in checked.stdout


def test_current_folder_that_is_gone_is_one_line(tmp_path: Path) -> None:
    (tmp_path / "gone").mkdir()
    for command in ("pipeline a.png out --profile photo", "encode a.png", "verify out --ledger"):
        (tmp_path / "gone").mkdir(exist_ok=True)
        done = shell(f"rmdir ../gone; {MODULE} {command}", tmp_path / "gone")
        assert done.returncode == 1, command
        assert len(done.stderr.splitlines()) == 1, done.stderr


def test_reader_that_went_away_is_quiet(folder: Path) -> None:
    reader, writer = os.pipe()
    os.close(reader)
    for command in ("info a.hyc", "extract a.hyc -", "verify --json a.hyc", "--help"):
        run = [sys.executable, "-P", "-m", "hybridcodec", *command.split()]
        done = subprocess.run(run, cwd=folder, stdout=writer, stderr=subprocess.PIPE, check=False)
        assert (done.returncode, done.stderr) == (1, b""), command
    os.close(writer)


def test_no_streams_at_all_is_as_where_they_are_closed(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("stdin", "stdout", "stderr"):
        monkeypatch.setattr(sys, name, None)
    streams.write_error("nobody hears this")
    with pytest.raises(InputError, match="standard output cannot be written: it is closed"):
        streams.write_line("nor this")
    assert streams.release_streams(3) == 3

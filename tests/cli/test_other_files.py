"""Files that are no pictures, as a shell sees them: each is said, counted and recorded, and no pipe is waited for."""

import json
import os
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

posix = pytest.mark.skipif(os.name != "posix", reason="this system has no pipes with names")


def hybridcodec(*arguments: object, folder: Path) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-P", "-m", "hybridcodec", *map(str, arguments)]
    return subprocess.run(command, capture_output=True, text=True, check=False, cwd=folder, timeout=300)


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder `in` with a picture and one file of every other sort, and what three runs made of it."""
    folder = tmp_path_factory.mktemp("others")
    (folder / "in" / ".hidden").mkdir(parents=True)
    samples = np.random.default_rng(3).integers(0, 50, (9, 9, 3), np.uint8)
    Image.fromarray(samples).save(folder / "in" / "a.png")
    for name in ("scan.nii", "Thumbs.db", ".hidden/photo.png", "x.\x1b[31m"):
        (folder / "in" / name).write_bytes(b"data")
    return folder


def run(folder: Path, *options: str) -> tuple[subprocess.CompletedProcess[str], dict[str, str]]:
    """Run the pipeline, and return with what it said the verdicts by output."""
    done = hybridcodec("pipeline", "in", "out", "--profile", "medical", "-j", 1, *options, folder=folder)
    rows = hybridcodec("ledger", "export", "out", folder=folder).stdout.splitlines()
    return done, {row["output"]: row["verdict"] for row in map(json.loads, rows)}


def test_flag_copy_and_ignore_are_said_counted_and_recorded(folder: Path) -> None:
    done, verdicts = run(folder)
    taken = {"a.hyc": "proven", "Thumbs.db": "ignored"}
    others = ("scan.nii", ".hidden/photo.png", "x.\x1b[31m")
    assert verdicts == taken | dict.fromkeys(others, "flagged")
    assert done.returncode == 3
    assert done.stderr.count(": flagged: not-taken: ") == 3
    assert "\x1b" not in done.stderr
    for line in ("no pictures, flagged: 1 ", "in hidden or system places, flagged: 1 .hidden",
                 "made by systems, ignored: 1 Thumbs.db"):  # fmt: skip
        assert line in done.stderr
    done, verdicts = run(folder, "--on-other", "ignore")
    assert verdicts == taken | dict.fromkeys(others, "ignored")
    assert (done.returncode, done.stdout.split("; ")[0]) == (0, "0 proven")
    assert ": not-taken: " not in done.stderr
    assert "no pictures, ignored: " in done.stderr
    done, verdicts = run(folder, "--on-other", "copy")
    assert verdicts == taken | dict.fromkeys(others, "proven")
    assert (done.returncode, done.stdout.split("; ")[0]) == (0, "3 proven")
    assert (folder / "out" / ".hidden" / "photo.png").read_bytes() == b"data"
    assert hybridcodec("verify", "out", "--ledger", folder=folder).returncode == 0
    (folder / "out" / "scan.nii").write_bytes(b"tada")
    done = hybridcodec("verify", "out", "--ledger", folder=folder)
    assert done.returncode == 3
    assert "scan.nii: output-altered: " in done.stderr


@posix
def test_pipe_is_refused_in_one_line_by_every_command_that_reads_a_file(folder: Path) -> None:
    os.mkfifo(folder / "pipe.png")
    (folder / "link.png").symlink_to("pipe.png")
    for command in (
        ["encode", "pipe.png", "x.hyc"], ["encode", "link.png", "x.hyc"], ["verify", "pipe.png"], ["info", "pipe.png"],
        ["decode", "pipe.png", "x.png"], ["verify", "in/a.png", "--against", "pipe.png"],
    ):  # fmt: skip
        done = hybridcodec(*command, folder=folder)
        assert done.returncode in (1, 4), command
        assert len(done.stderr.splitlines()) == 1
    done = hybridcodec("pipeline", "pipe.png", "link.png", "in/a.png", "out2", "--profile", "photo", folder=folder)
    assert done.returncode == 3
    assert done.stderr.count("a pipe (FIFO), not a regular file") == 2
    assert done.stdout.startswith("1 proven; 3 files; ")


@posix
def test_folder_that_is_not_ours_is_refused_in_one_line(folder: Path) -> None:
    (folder / "precious" / "work").mkdir(parents=True)
    (folder / "precious" / "work" / "thesis").touch()
    (folder / "out3").mkdir()
    (folder / "out3" / ".hybridcodec").symlink_to("../precious")
    done = hybridcodec("pipeline", "in", "out3", "--profile", "photo", folder=folder)
    assert (done.returncode, len(done.stderr.splitlines())) == (1, 1)
    assert ".hybridcodec: is a link" in done.stderr
    assert (folder / "precious" / "work" / "thesis").exists()


def test_pattern_without_files_is_said_after_the_others_are_done(folder: Path) -> None:
    done = hybridcodec("pipeline", "in/*.gif", "in/a.png", "out4", "--profile", "photo", "-j", 1, folder=folder)
    assert (done.returncode, done.stdout.split("; ")[0]) == (1, "1 proven")
    assert done.stderr.endswith("in/*.gif: no file has such a name\n")

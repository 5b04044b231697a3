"""Two commits of a tiny repository take turns: what is compared, printed, refused, and that nothing stays behind."""

import json
import subprocess
import tempfile
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest
from click.testing import CliRunner, Result
from PIL import Image

from benchmarks import commits, paired
from benchmarks.paired import interval

CODEC = """
import time
import numpy as np
def encode(samples, *, mode):
    assert mode == "lossless", f"{{mode}} is\\nnot here"
    {extra}
    return bytes([samples.shape[0], samples.shape[1], {mark}]) + samples.tobytes()
def decode(data):
    return np.frombuffer(data[3:], np.uint8).reshape(data[0], data[1], 3){change}
"""


def _git(folder: Path, *arguments: str) -> None:
    settings = ("-c", "user.name=a", "-c", "user.email=a@b", "-c", "commit.gpgsign=false")
    subprocess.run(["git", "-C", str(folder), *settings, *arguments], check=True, capture_output=True)  # noqa: S607


@pytest.fixture
def place(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    """A repository of three commits with a codec each, two pictures, and where temporary files go."""
    tree, pictures, scratch = tmp_path / "tree", tmp_path / "few", tmp_path / "scratch"
    (tree / "hybridcodec").mkdir(parents=True)
    for folder in (pictures, scratch):
        folder.mkdir()
    _git(tree, "init", "-q", "-b", "main")
    (tree / "hybridcodec" / "__init__.py").write_text("")
    slow, wrong = "t = time.process_time()\n    while time.process_time() < t + 0.02: pass", " ^ 3"
    for name, extra, mark, change in (("slow", slow, 0, ""), ("wrong", "", 0, wrong), ("fast", "", 1, "")):
        code = CODEC.format(extra=extra, mark=mark, change=change)
        (tree / "hybridcodec" / "codec.py").write_text(code)
        _git(tree, "add", ".")
        _git(tree, "commit", "-q", "-m", name)
        _git(tree, "tag", name)
    rng = np.random.default_rng(1)
    for name in ("a", "b"):
        Image.fromarray(rng.integers(0, 256, (6, 7, 3), np.uint8)).save(pictures / f"{name}.png")
    monkeypatch.setattr(paired, "ROOT", tree)
    monkeypatch.setattr(tempfile, "tempdir", str(scratch))
    yield tmp_path
    assert list(scratch.iterdir()) == []
    status = subprocess.run(["git", "-C", str(tree), "status", "--porcelain", "--ignored"], capture_output=True)  # noqa: S607
    assert status.stdout == b""
    worktrees = subprocess.run(["git", "-C", str(tree), "worktree", "list"], capture_output=True, text=True)  # noqa: S607
    assert len(worktrees.stdout.splitlines()) == 1


def _run(place: Path, *arguments: str) -> Result:
    return CliRunner().invoke(paired.main, [*arguments[:1], str(place / "few"), *arguments[1:]])


def test_a_commit_that_is_slower_by_far_is_found_so(place: Path) -> None:
    done = _run(place, "slow", "--runs", "3", "--threads", "1,2", "--json", str(place / "out.json"))
    assert done.exit_code == 0, done.output
    pairs = json.loads((place / "out.json").read_text())["pairs"]
    assert [pair["threads"] for pair in pairs] == [1] * 6 + [2] * 6
    assert all(pair["old"]["encode_cpu"] > 0.02 > pair["new"]["encode_cpu"] for pair in pairs)
    assert "encode, cpu, 2" in done.output
    assert "Files are equal in 0 of 12 pairs; the new ones have 1.0000 of the bytes." in done.output


def test_the_same_commit_gives_the_same_bytes(place: Path) -> None:
    done = _run(place, "HEAD", "--runs", "1")
    assert done.exit_code == 0, done.output
    assert "All files are equal, byte for byte: 2 of 2." in done.output


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (("nowhere",), "no commit 'nowhere' in tree, or no git"),
        (("--output=x",), "no commit '--output=x' in tree, or no git"),
        (("slow", "--mode", "perceptual"), "cannot do this: AssertionError: perceptual is"),
        (("slow", "--effort", "best"), "cannot do this: ModuleNotFoundError: No module named 'hybridcodec.options'"),
        (("wrong", "--runs", "1"), "samples are off by up to 3, at most 0 expected"),
    ],
)
def test_what_cannot_be_done_is_said_in_one_line(place: Path, arguments: tuple[str, ...], words: str) -> None:
    separator = ["--"] if arguments[0].startswith("-") else []
    given = [*arguments[1:], *separator, arguments[0], str(place / "few")]
    done = CliRunner().invoke(paired.main, given)
    assert done.exit_code == 1
    assert done.output.splitlines()[-1].startswith("Error: ")
    assert words in done.output.splitlines()[-1]


@pytest.mark.parametrize("given", [("--threads", "0"), ("--threads", "1,x"), ("--max-error", "1")])
def test_a_wrong_command_line_is_a_usage_error(place: Path, given: tuple[str, ...]) -> None:
    assert _run(place, "slow", *given).exit_code == 2


def test_a_folder_that_is_no_repository_has_no_commit(tmp_path: Path) -> None:
    with pytest.raises(commits.click.ClickException, match="no commit 'HEAD'"):
        commits.unpacked("HEAD", tmp_path / "old", tmp_path)


def test_the_interval_holds_the_median_as_often_as_it_says() -> None:
    rng = np.random.default_rng(0)
    for count in (6, 9, 30):
        held = [low <= 0.5 <= high for low, high in (interval(sorted(rng.random(count))) for _ in range(2000))]
        assert 0.94 < np.mean(held) < 0.99
    assert interval([1.0]) == (1.0, 1.0)
    assert interval([1.0, 2.0, 3.0]) == (1.0, 3.0)

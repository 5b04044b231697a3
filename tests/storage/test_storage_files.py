"""A final name never stands for a half-written or unproven file, whatever fails."""

import io
import os
import socket
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from hybridcodec.errors import InputError, MismatchError
from hybridcodec.storage.files import (
    STREAM,
    naming,
    plan_outputs,
    read_bytes,
    require_writable,
    write_proven,
)
from hybridcodec.storage.regular import open_regular

not_root = pytest.mark.skipif(os.geteuid() == 0, reason="root may write everywhere")


def accept(_: bytes) -> None:
    """Prove nothing."""


def names(folder: Path) -> list[str]:
    return sorted(path.name for path in folder.iterdir())


def test_written_bytes_are_read_back_and_proven_before_they_get_their_name(tmp_path: Path) -> None:
    target = tmp_path / "out.bin"

    def prove(stored: bytes) -> str:
        assert not target.exists()
        assert stored == b"data"
        return "proof"

    assert write_proven(target, b"data", prove, force=False) == "proof"
    assert target.read_bytes() == b"data"
    assert names(tmp_path) == ["out.bin"]


@pytest.mark.parametrize("failure", [MismatchError("differs"), KeyboardInterrupt(), SystemExit(143), MemoryError()])
def test_failed_proof_leaves_nothing_and_keeps_the_file_that_was_there(tmp_path: Path, failure: BaseException) -> None:
    target = tmp_path / "out.bin"
    target.write_bytes(b"old")

    def prove(_: bytes) -> None:
        raise failure

    with pytest.raises(type(failure)):
        write_proven(target, b"data", prove, force=True)
    assert target.read_bytes() == b"old"
    assert names(tmp_path) == ["out.bin"]


def test_file_that_appears_meanwhile_is_not_overwritten(tmp_path: Path) -> None:
    target = tmp_path / "out.bin"
    with pytest.raises(InputError, match="exists already"):
        write_proven(target, b"data", lambda _: target.write_bytes(b"other"), force=False)
    assert target.read_bytes() == b"other"
    assert names(tmp_path) == ["out.bin"]


def test_full_disk_is_one_line_and_leaves_nothing(tmp_path: Path) -> None:
    script = (
        "import resource, sys, pathlib\n"
        "from hybridcodec.storage.files import write_proven\n"
        "resource.setrlimit(resource.RLIMIT_FSIZE, (1000, 1000))\n"
        "write_proven(pathlib.Path(sys.argv[1]), bytes(5000), lambda stored: None, force=False)\n"
    )
    run = [sys.executable, "-c", script, str(tmp_path / "out.bin")]
    done = subprocess.run(run, capture_output=True, text=True, check=False)
    assert done.stderr.splitlines()[-1].startswith("hybridcodec.errors.InputError: ")
    assert "out.bin: cannot be written: File too large" in done.stderr
    assert names(tmp_path) == []


def test_new_file_has_the_permissions_of_any_new_file(tmp_path: Path) -> None:
    write_proven(tmp_path / "out.bin", b"", accept, force=False)
    (tmp_path / "plain").touch()
    assert (tmp_path / "out.bin").stat().st_mode == (tmp_path / "plain").stat().st_mode


def test_link_keeps_pointing_at_the_file_that_is_replaced(tmp_path: Path) -> None:
    (tmp_path / "real").write_bytes(b"old")
    (tmp_path / "link").symlink_to(tmp_path / "real")
    write_proven(tmp_path / "link", b"new", accept, force=True)
    assert (tmp_path / "link").is_symlink()
    assert (tmp_path / "real").read_bytes() == b"new"


@pytest.mark.parametrize("name", ["n" * 251 + ".hyc", "\N{BEETLE}" * 62 + ".hyc"])
def test_longest_file_name_can_be_written(tmp_path: Path, name: str) -> None:
    target = tmp_path / name
    write_proven(target, b"data", accept, force=False)
    assert target.read_bytes() == b"data"


@pytest.mark.parametrize(
    ("name", "message"),
    [
        ("there", "exists already; use -f"),
        ("folder", "is a folder"),
        ("missing/out", "the folder .*missing does not exist"),
        ("there/out", "the folder .*there does not exist"),
        ("n" * 300, "cannot be written: File name too long"),
    ],
)
def test_unusable_output_is_refused_before_any_work(tmp_path: Path, name: str, message: str) -> None:
    (tmp_path / "there").touch()
    (tmp_path / "folder").mkdir()
    with pytest.raises(InputError, match=message):
        require_writable(tmp_path / name, force=False, source=tmp_path / "in")


def test_devices_are_never_replaced_even_by_force() -> None:
    with pytest.raises(InputError, match="is not a regular file"):
        require_writable(Path(os.devnull), force=True, source=Path("in"))


def test_input_is_never_its_own_output_even_by_force_or_through_a_link(tmp_path: Path) -> None:
    (tmp_path / "in").touch()
    (tmp_path / "link").symlink_to(tmp_path / "in")
    os.link(tmp_path / "in", tmp_path / "hard")
    for name in ("in", "link", "hard"):
        with pytest.raises(InputError, match="is the input itself"):
            require_writable(tmp_path / name, force=True, source=tmp_path / "in")


@not_root
def test_folder_without_permission_is_refused(tmp_path: Path) -> None:
    tmp_path.chmod(0o500)
    with pytest.raises(InputError, match="no permission"):
        require_writable(tmp_path / "out", force=False, source=tmp_path / "in")


@pytest.mark.skipif(not Path("/proc/self").is_dir(), reason="no file system here that nobody can write to")
def test_file_system_that_nobody_can_write_to_is_one_line() -> None:
    with pytest.raises(InputError, match=r"^/proc/out: cannot be written: "):
        write_proven(Path("/proc/out"), b"data", accept, force=False)


@pytest.mark.parametrize(("name", "message"), [("missing", "No such file"), (".", "Is a directory"), ("a\0b", "null")])
def test_unreadable_input_is_named(tmp_path: Path, name: str, message: str) -> None:
    with pytest.raises(InputError, match=f"cannot be read: .*{message}"):
        read_bytes(tmp_path / name)


def test_standard_streams_carry_bytes_and_the_proof_comes_first(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sys, "stdin", io.TextIOWrapper(io.BytesIO(b"in")))
    out = io.TextIOWrapper(io.BytesIO())
    monkeypatch.setattr(sys, "stdout", out)
    assert read_bytes(STREAM) == b"in"
    require_writable(STREAM, force=False, source=STREAM)
    assert write_proven(STREAM, b"out", lambda _: out.buffer.tell(), force=False) == 0
    out.buffer.seek(0)
    assert out.buffer.read() == b"out"


def test_one_input_keeps_the_output_name_unless_that_is_a_folder(tmp_path: Path) -> None:
    source = Path("a/photo.png")
    assert plan_outputs([source], tmp_path / "x.hyc", ".hyc") == [(source, tmp_path / "x.hyc")]
    assert plan_outputs([source], tmp_path, ".hyc") == [(source, tmp_path / "photo.hyc")]


def test_several_inputs_make_the_folder_and_keep_their_names(tmp_path: Path) -> None:
    folder = tmp_path / "new"
    sources = [tmp_path / name for name in ("one.png", "two.tar.tif", "three")]
    for source in sources:
        source.touch()
    planned = plan_outputs(sources, folder, ".hyc")
    assert [output.name for _, output in planned] == ["one.hyc", "two.tar.hyc", "three.hyc"]
    assert folder.is_dir()


@pytest.mark.parametrize("second", ["b/photo.png", "a/photo.jpg", "c/PHOTO.PNG"])
def test_two_inputs_of_one_name_are_refused_before_anything_is_made(tmp_path: Path, second: str) -> None:
    with pytest.raises(InputError, match=f"{second}: would become .*a/photo.png would"):
        plan_outputs([Path("a/photo.png"), Path(second)], tmp_path / "new", ".hyc")
    assert names(tmp_path) == []


def test_several_inputs_never_go_into_a_file(tmp_path: Path) -> None:
    for name in ("file", "a.png", "b.png"):
        (tmp_path / name).touch()
    with pytest.raises(InputError, match="cannot be used as output folder"):
        plan_outputs([tmp_path / "a.png", tmp_path / "b.png"], tmp_path / "file", ".hyc")


def test_of_several_inputs_all_must_be_there_before_anything_is_made(tmp_path: Path) -> None:
    (tmp_path / "a.png").touch()
    with pytest.raises(InputError, match=r"b\.png: does not exist, and nothing was done with the other inputs"):
        plan_outputs([tmp_path / "a.png", tmp_path / "b.png"], tmp_path / "new", ".hyc")
    assert names(tmp_path) == ["a.png"]


def test_standard_input_needs_an_output_name(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="no name"):
        plan_outputs([STREAM], tmp_path, ".hyc")


def test_naming_keeps_the_class_of_the_error() -> None:
    with pytest.raises(MismatchError, match=r"^photo\.hyc: found: differs$"), naming(Path("photo.hyc"), "found: "):
        raise MismatchError("differs")


@pytest.fixture
def odd(tmp_path: Path) -> Iterator[Callable[[str], Path]]:
    """Make a file of a kind that is not read, and return its path."""
    opened: list[socket.socket] = []

    def make(kind: str) -> Path:
        path = tmp_path / "odd"
        if kind in ("pipe", "link to a pipe"):
            os.mkfifo(path)
        elif kind == "socket":
            opened.append(socket.socket(socket.AF_UNIX))
            opened[0].bind(str(path))
        else:
            return Path("/dev/zero")
        if kind == "link to a pipe":
            (tmp_path / "link").symlink_to(path)
            return tmp_path / "link"
        return path

    yield make
    for each in opened:
        each.close()


@pytest.mark.skipif(os.name != "posix", reason="this system has no such files")
@pytest.mark.parametrize("kind", ["pipe", "link to a pipe", "socket", "device"])
def test_what_is_no_regular_file_is_never_waited_for(kind: str, odd: Callable[[str], Path]) -> None:
    path = odd(kind)
    with pytest.raises(InputError, match=f"{path}: cannot be read: is a .*, not a regular file"):
        read_bytes(path)


@pytest.mark.skipif(os.name != "posix", reason="this system has no pipes with names")
def test_pipe_that_takes_the_name_of_a_file_just_before_it_is_opened_is_noticed(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = tmp_path / "a.png"
    path.write_bytes(b"data")
    before = path.stat()
    path.unlink()
    os.mkfifo(path)
    monkeypatch.setattr(os, "stat", lambda *_, **__: before)
    with pytest.raises(OSError, match="a pipe"):
        open_regular(path)


def test_link_is_opened_only_where_one_will_do(tmp_path: Path) -> None:
    (tmp_path / "file").write_bytes(b"data")
    (tmp_path / "link").symlink_to("file")
    with open_regular(tmp_path / "link") as file:
        assert file.read() == b"data"
    with pytest.raises(OSError, match="a link"):
        open_regular(tmp_path / "link", follow=False)

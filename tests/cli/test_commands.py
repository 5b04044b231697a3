"""The command line in processes of its own: what a shell, a pipe and a script see."""

import json
import os
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from hybridcodec.sources import read_picture

HEAVY = ("torch", "numba", "PIL", "skimage", "scipy", "rich", "constriction")


def run(*arguments: object, stdin: bytes = b"") -> subprocess.CompletedProcess[bytes]:
    command = [sys.executable, "-m", "hybridcodec", *(str(argument) for argument in arguments)]
    return subprocess.run(command, input=stdin, capture_output=True, check=False)


def lines(output: bytes) -> list[str]:
    return output.decode().splitlines()


@pytest.fixture(scope="module")
def samples() -> np.ndarray:
    return np.random.default_rng(5).integers(90, 110, (9, 12, 3), np.uint8)


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory, samples: np.ndarray) -> Path:
    """photo.png, and what the command line makes of it: photo.hyc and preview.hyc."""
    folder = tmp_path_factory.mktemp("command line")
    Image.fromarray(samples).save(folder / "photo.png")
    encoded = run("encode", folder / "photo.png", folder / "photo.hyc")
    assert (encoded.returncode, encoded.stderr) == (0, b"")
    (line,) = lines(encoded.stdout)
    assert line.startswith(f"{folder / 'photo.png'} -> {folder / 'photo.hyc'}: ")
    assert line.endswith(", lossless, verified")
    assert "bits per sub-pixel" in line
    extracted = run("extract", folder / "photo.hyc", folder / "preview.hyc")
    assert extracted.returncode == 0
    return folder


def test_decoded_picture_is_the_encoded_one(folder: Path, tmp_path: Path, samples: np.ndarray) -> None:
    done = run("decode", folder / "photo.hyc", tmp_path / "back.tif")
    assert done.returncode == 0
    assert np.array_equal(read_picture(tmp_path / "back.tif").samples, samples)


def test_standard_streams_carry_only_data(folder: Path, samples: np.ndarray) -> None:
    encoded = run("encode", "-", "-", stdin=(folder / "photo.png").read_bytes())
    assert encoded.returncode == 0
    assert lines(encoded.stderr)[0].endswith("lossless, verified")
    decoded = run("decode", "--quiet", "--format", "ppm", "-", "-", stdin=encoded.stdout)
    assert (decoded.returncode, decoded.stderr) == (0, b"")
    assert decoded.stdout == b"P6\n12 9\n255\n" + samples.tobytes()


def test_info_speaks_to_people_and_to_programs(folder: Path) -> None:
    shown = run("info", folder / "photo.hyc")
    facts = json.loads(run("info", "--json", folder / "photo.hyc").stdout)
    assert shown.returncode == 0
    assert facts["mode"] == "lossless"
    assert (facts["width"], facts["height"], facts["channels"]) == (12, 9, 3)
    assert "lossless" in shown.stdout.decode()


def test_a_preview_is_not_said_to_restore_content(folder: Path, tmp_path: Path) -> None:
    given = ("--mode", "perceptual", "--keep", "content")
    encoded = run("encode", folder / "photo.png", tmp_path / "small.hyc", *given)
    assert b"restores preview, perceptual" in encoded.stdout
    assert json.loads(run("info", "--json", tmp_path / "small.hyc").stdout)["restores"] == "preview"


def test_nothing_is_decoded_where_one_of_several_inputs_is_not_there(folder: Path, tmp_path: Path) -> None:
    (tmp_path / "photo.hyc").write_bytes((folder / "photo.hyc").read_bytes())
    done = run("decode", tmp_path / "photo.hyc", tmp_path / "out.hyc")
    assert done.returncode == 1
    (line,) = lines(done.stderr)
    assert line.startswith(f"hybridcodec: {tmp_path / 'out.hyc'}: does not exist, and nothing was done")
    assert [path.name for path in tmp_path.iterdir()] == ["photo.hyc"]


def test_verify_says_ok_and_compares_with_the_original(folder: Path) -> None:
    done = run("verify", folder / "photo.hyc", "--against", folder / "photo.png")
    assert done.returncode == 0
    assert lines(done.stdout) == [f"{folder / 'photo.hyc'}: ok, lossless, the same as {folder / 'photo.png'}"]


def test_several_inputs_go_into_a_folder_and_a_bad_one_does_not_stop_the_others(folder: Path, tmp_path: Path) -> None:
    (tmp_path / "bad.png").write_bytes(b"nothing")
    done = run("encode", tmp_path / "bad.png", folder / "photo.png", tmp_path / "new folder")
    assert done.returncode == 1
    assert len(lines(done.stderr)) == 1
    assert os.listdir(tmp_path / "new folder") == ["photo.hyc"]
    assert (tmp_path / "new folder" / "photo.hyc").read_bytes() == (folder / "photo.hyc").read_bytes()


@pytest.fixture(scope="module")
def bad(folder: Path) -> Path:
    """Files that fail in every way that has an exit code of its own."""
    data = (folder / "photo.hyc").read_bytes()
    bad = folder / "bad"
    bad.mkdir()
    (bad / "empty").touch()
    (bad / "damaged.hyc").write_bytes(data[:-20] + bytes([data[-20] ^ 1]) + data[-19:])
    (bad / "cut.hyc").write_bytes(data[:-20])
    frames = [Image.new("RGB", (2, 2), (n, 0, 0)) for n in range(2)]
    frames[0].save(bad / "moving.png", save_all=True, append_images=frames[1:])
    Image.new("RGB", (12, 9)).save(bad / "other.png")
    Image.new("RGB", (12, 9)).save(bad / "really a jpeg.hyc", "JPEG")
    return bad


FAILURES = [
    (1, "No such file", ["encode", "{bad}/missing", "{out}/x.hyc"]),
    (1, "is empty", ["encode", "{bad}/empty", "{out}/x.hyc"]),
    (1, "exists already", ["encode", "{folder}/photo.png", "{folder}/photo.hyc"]),
    (1, "is the input itself", ["encode", "-f", "{folder}/photo.png", "{folder}/photo.png"]),
    (1, "does not exist", ["encode", "{folder}/photo.png", "{out}/missing/x.hyc"]),
    (1, "would become", ["encode", "{folder}/photo.png", "{bad}/photo.png", "{out}/new"]),
    (1, "Is a directory", ["decode", "{folder}", "{out}/x.png"]),
    (2, "No such command", ["frobnicate"]),
    (2, "Missing argument", ["encode"]),
    (1, "is no name for a .hyc file", ["encode", "-f", "{folder}/photo.png", "-o", "{bad}/other.png"]),
    (1, "is no name for a .hyc file", ["extract", "-f", "{folder}/photo.hyc", "{bad}/other.png"]),
    (1, "is no name for a picture", ["decode", "-f", "--format", "png", "-o", "{bad}/cut.hyc", "{folder}/photo.hyc"]),
    (1, "holds a picture of a kind", ["extract", "-f", "{folder}/photo.hyc", "{bad}/really a jpeg.hyc"]),
    (2, "OUT is missing", ["encode", "-f", "{folder}/photo.png", "{bad}/other.png"]),
    (2, "OUT is missing", ["decode", "-f", "{folder}/photo.hyc"]),
    (2, "found an empty one", ["encode", "{folder}/photo.png", ""]),
    (2, "needs --max-error", ["encode", "{folder}/photo.png", "{out}/x.hyc", "--mode", "near-lossless"]),
    (2, "belongs to --mode", ["encode", "{folder}/photo.png", "{out}/x.hyc", "--max-error", "2"]),
    (2, "range", ["encode", "{folder}/photo.png", "{out}/x", "--mode", "near-lossless", "--max-error", "0"]),
    (2, "--partial needs", ["decode", "{folder}/photo.hyc", "{out}/x.png", "--partial"]),
    (2, "one file", ["verify", "{folder}/photo.hyc", "{folder}/preview.hyc", "--against", "{folder}/photo.png"]),
    (3, "samples differ", ["verify", "{folder}/photo.hyc", "--against", "{bad}/other.png"]),
    (4, "damaged.hyc", ["decode", "{bad}/damaged.hyc", "{out}/x.png"]),
    (4, "cut.hyc", ["verify", "{bad}/cut.hyc"]),
    (4, "--partial", ["decode", "{bad}/cut.hyc", "{out}/x.png", "--layer", "perceptual"]),
    (4, "photo.png", ["info", "{folder}/photo.png"]),
    (5, "an animation", ["encode", "{bad}/moving.png", "{out}/x.hyc"]),
    (5, "keeps pictures alone", ["restore", "{folder}/preview.hyc", "{out}/x.png"]),
    (4, "cut.hyc", ["restore", "{bad}/cut.hyc", "{out}/x.png"]),
    (5, "--layer perceptual", ["decode", "{folder}/preview.hyc", "{out}/x.png"]),
    (5, "would change the samples", ["decode", "{folder}/photo.hyc", "{out}/x.jpg"]),
]


@pytest.mark.parametrize(("code", "message", "arguments"), FAILURES, ids=[message for _, message, _ in FAILURES])
def test_failure_is_one_message_with_its_exit_code_and_leaves_nothing(
    folder: Path, bad: Path, tmp_path: Path, code: int, message: str, arguments: list[str]
) -> None:
    filled = [argument.format(folder=folder, bad=bad, out=tmp_path) for argument in arguments]
    done = run(*filled)
    assert done.returncode == code
    assert done.stdout == b""
    assert message in done.stderr.decode()
    assert "Traceback" not in done.stderr.decode()
    assert code == 2 or len(lines(done.stderr)) == 1
    assert list(tmp_path.iterdir()) == []


def test_forgotten_output_lies_beside_its_input_and_replaces_nothing(folder: Path, tmp_path: Path) -> None:
    for name in ("a.png", "b.png"):
        (tmp_path / name).write_bytes((folder / "photo.png").read_bytes())
    assert run("encode", tmp_path / "a.png").returncode == 0
    both = run("encode", tmp_path / "a.png", tmp_path / "b.png")
    assert both.returncode == 1  # a.hyc exists already
    assert {path.name for path in tmp_path.iterdir()} == {"a.png", "a.hyc", "b.png", "b.hyc"}
    assert (tmp_path / "b.png").read_bytes() == (folder / "photo.png").read_bytes()
    assert run("decode", tmp_path / "a.hyc", f"{tmp_path}/made/").returncode == 0
    assert [path.name for path in (tmp_path / "made").iterdir()] == ["a.png"]


@pytest.mark.parametrize("options", [[], ["--quiet"]])
def test_file_that_became_larger_than_its_source_is_said(tmp_path: Path, options: list[str]) -> None:
    noise = np.random.default_rng(2).integers(0, 256, (40, 40, 3), np.uint8)
    Image.fromarray(noise).save(tmp_path / "noise.jpg", quality=5)
    done = run("encode", *options, tmp_path / "noise.jpg")
    assert done.returncode == 0
    assert b"times LARGER than the file of its source" in (done.stderr if options else done.stdout)


def test_cut_file_gives_what_arrived_when_asked_and_still_exits_4(bad: Path, tmp_path: Path) -> None:
    done = run("decode", bad / "cut.hyc", tmp_path / "x.png", "--layer", "perceptual", "--partial")
    assert done.returncode == 4
    assert "is cut off" in done.stderr.decode()
    assert read_picture(tmp_path / "x.png").samples.shape == (9, 12, 3)


@pytest.mark.parametrize("arguments", [["--help"], ["encode", "--help"], ["info", "{folder}/photo.hyc"]])
def test_help_and_info_load_nothing_heavy(folder: Path, arguments: list[str]) -> None:
    script = (
        "import sys\nfrom hybridcodec.cli import run\ncode = run(sys.argv[1:])\n"
        f"print([name for name in {HEAVY} if name in sys.modules], file=sys.stderr)\nsys.exit(code)"
    )
    filled = [argument.format(folder=folder) for argument in arguments]
    done = subprocess.run([sys.executable, "-c", script, *filled], capture_output=True, check=False)
    assert done.returncode == 0
    assert lines(done.stderr)[-1] == "[]"


def test_help_takes_under_a_third_of_a_second_of_processor_time() -> None:
    before = os.times()
    assert run("--help").returncode == 0
    after = os.times()
    assert after.children_user + after.children_system - before.children_user - before.children_system < 0.3


def test_help_names_every_command_and_each_has_its_own() -> None:
    shown = run("--help").stdout.decode()
    for name in ("encode", "decode", "restore", "info", "verify", "extract"):
        assert f"\n  {name} " in shown
    assert "Exit codes" in shown


def test_version_is_that_of_the_package() -> None:
    from importlib.metadata import version

    assert version("hybridcodec") in run("--version").stdout.decode()


def test_full_disk_is_one_line_and_leaves_nothing(folder: Path, tmp_path: Path) -> None:
    script = (
        "import resource, sys\nfrom hybridcodec.cli import run\n"
        "resource.setrlimit(resource.RLIMIT_FSIZE, (100, 100))\nsys.exit(run(sys.argv[1:]))"
    )
    job = ["decode", folder / "preview.hyc", tmp_path / "x.bmp", "--layer", "perceptual"]
    done = subprocess.run([sys.executable, "-c", script, *map(str, job)], capture_output=True, check=False)
    assert (done.returncode, lines(done.stderr)) == (1, [f"hybridcodec: {job[2]}: cannot be written: File too large"])
    assert list(tmp_path.iterdir()) == []


def test_reader_that_goes_away_is_no_traceback(folder: Path) -> None:
    reader, writer = os.pipe()
    os.close(reader)
    for arguments in (["decode", folder / "photo.hyc", "-"], ["info", folder / "photo.hyc"], ["--help"]):
        command = [sys.executable, "-m", "hybridcodec", *map(str, arguments)]
        done = subprocess.run(command, stdout=writer, stderr=subprocess.PIPE, check=False)
        assert done.returncode == 1, arguments
        assert b"Traceback" not in done.stderr, arguments
        assert len(lines(done.stderr)) <= 1, arguments
    os.close(writer)


@pytest.mark.parametrize("quiet", [(), ("-q",)])
def test_an_empty_file_is_kept_and_called_larger_without_a_number(tmp_path: Path, quiet: tuple[str, ...]) -> None:
    source, kept = tmp_path / "empty.png", tmp_path / "empty.hyc"
    source.write_bytes(b"")
    done = run("encode", *quiet, "--keep", "file", source, kept)
    assert done.returncode == 0, done.stderr
    assert b"LARGER than the file of its source, which is empty" in (done.stderr if quiet else done.stdout)
    assert lines(run("verify", kept).stdout) == [f"{kept}: ok, a file that is kept without a picture"]
    assert run("restore", "-f", kept, source).returncode == 0
    assert source.read_bytes() == b""


def test_verify_of_a_folder_names_the_way(folder: Path) -> None:
    done = run("verify", folder, folder / "photo.hyc")
    assert (done.returncode, lines(done.stdout)) == (1, [f"{folder / 'photo.hyc'}: ok, lossless"])
    assert b"is a folder; with --ledger all of it is compared with its ledger" in done.stderr

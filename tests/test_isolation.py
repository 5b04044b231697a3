"""A folder of pictures in which modules and settings lie too: no command runs or follows any of them."""

import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from hybridcodec import isolation

LIBRARIES = [
    "PIL", "benchmarks", "click", "cloudpickle", "constriction", "cuda", "cython", "dask", "distributed", "hybridcodec",
    "hybridcodec_container", "llvmlite", "matplotlib", "msgpack", "numba", "numpy", "psutil", "rich", "safetensors",
    "scipy", "sitecustomize", "skimage", "tornado", "torch", "triton", "usercustomize", "yaml", "zstandard",
]  # fmt: skip
SPRING = "import os\nwith open(os.path.join({folder!r}, 'sprung'), 'a') as file:\n    file.write(__name__ + ' ')\n"
LAUNCHER = "import sys\nfrom hybridcodec.cli import main\nif __name__ == '__main__':\n    main()\n"
COMMANDS = [
    "encode a.png new.hyc",
    "decode a.hyc new.png",
    "decode --salvage a.hyc new.png",
    "info --json a.hyc",
    "verify a.hyc --against a.png",
    "extract a.hyc new.hyc",
    "pipeline in new --profile photo --jobs 1",
    "pipeline in new --profile photo --jobs 1 --cluster local",
    "verify out --ledger --jobs 1",
    "ledger export out --format csv",
    "report out new.html",
    "--help",
]


@pytest.fixture(scope="module")
def launcher(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """What an installer makes of the entry point: a script in a folder of its own."""
    script = tmp_path_factory.mktemp("bin") / "hybridcodec"
    script.write_text(LAUNCHER)
    return script


@pytest.fixture(scope="module")
def trapped(launcher: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with a picture, its .hyc file, a finished archive, and a trap for every module that is likely."""
    folder = tmp_path_factory.mktemp("pictures")
    (folder / "in").mkdir()
    for name in ("a.png", "in/b.png"):
        Image.fromarray(np.random.default_rng(3).integers(0, 50, (9, 11, 3), np.uint8)).save(folder / name)
    for line in ("encode a.png a.hyc", "pipeline in out --profile photo --jobs 1"):
        done = subprocess.run([sys.executable, launcher, *line.split()], cwd=folder, capture_output=True, check=False)
        assert (done.returncode, done.stderr) == (0, b""), line
    for name in sys.stdlib_module_names:
        (folder / f"{name}.py").write_text(SPRING.format(folder=str(folder)))
    for name in LIBRARIES:
        (folder / name).mkdir()
        (folder / name / "__init__.py").write_text(SPRING.format(folder=str(folder)))
    (folder / ".numba_config.yaml").write_text(f"cache_dir: {folder}/cache\n")
    return folder


@pytest.fixture
def clean(trapped: Path) -> Iterator[Path]:
    before = {*os.listdir(trapped)}
    yield trapped
    for name in {*os.listdir(trapped)} - before:
        path = trapped / name
        if path.is_file():
            path.unlink()
        else:
            path.rename(trapped.parent / f"{trapped.name}-{os.urandom(4).hex()}")


@pytest.mark.parametrize("line", COMMANDS)
def test_no_command_runs_what_lies_in_the_current_folder(launcher: Path, clean: Path, line: str) -> None:
    done = subprocess.run([sys.executable, launcher, *line.split()], cwd=clean, capture_output=True, check=False)
    sprung = clean / "sprung"
    assert not sprung.exists(), sprung.read_text()
    assert (done.returncode, done.stderr) == (0, b"")
    assert not (clean / "cache").exists(), "numba followed .numba_config.yaml"


@pytest.mark.parametrize("line", ["info a.hyc", "encode a.png new.hyc"])
def test_module_form_runs_nothing_either_in_safe_mode(clean: Path, line: str) -> None:
    command = [sys.executable, "-P", "-m", "hybridcodec", *line.split()]
    done = subprocess.run(command, cwd=clean, capture_output=True, check=False)
    assert (done.returncode, done.stderr) == (0, b"")
    assert not (clean / "sprung").exists()


def test_module_form_without_safe_mode_leaves_the_current_folder_at_once(tmp_path: Path) -> None:
    for name in ("json", "numbers", "signal", "typing", "click", "numba", "torch", "PIL"):
        (tmp_path / f"{name}.py").write_text(SPRING.format(folder=str(tmp_path)))
    command = [sys.executable, "-m", "hybridcodec", "decode", "missing.hyc", "new.png"]
    done = subprocess.run(command, cwd=tmp_path, capture_output=True, check=False)
    assert done.returncode == 1
    assert b"No such file" in done.stderr
    assert not (tmp_path / "sprung").exists()


def test_search_path_is_handed_on_without_the_current_folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    pictures, library, link = tmp_path / "pictures", tmp_path / "library", tmp_path / "link"
    pictures.mkdir()
    library.mkdir()
    link.symlink_to(pictures)
    monkeypatch.chdir(pictures)
    entries = ["", ".", "relative", str(pictures), str(link), f"{pictures}/", str(library)]
    assert isolation.trusted(entries) == [str(library)]
    assert isolation.trusted(entries, str(pictures)) == [str(pictures), str(link), f"{pictures}/", str(library)]
    monkeypatch.setattr(sys, "path", [*entries, f"{library}{os.pathsep}bin"])
    environment = isolation.child_environment("json")
    assert environment["PYTHONPATH"] == str(library)
    assert environment["PYTHONSAFEPATH"] == "1"


def test_folder_of_this_package_is_trusted_though_it_is_the_current_one(monkeypatch: pytest.MonkeyPatch) -> None:
    home = str(Path(isolation.__file__).parents[1])
    monkeypatch.chdir(home)
    assert isolation.trusted(["", home]) == [home]


def test_current_folder_that_was_removed_is_no_error(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "gone").mkdir()
    monkeypatch.chdir(tmp_path / "gone")
    (tmp_path / "gone").rmdir()
    assert isolation.trusted(["", str(tmp_path)]) == [str(tmp_path)]


def test_settings_that_lie_beside_the_pictures_are_not_followed_later_either(trapped: Path) -> None:
    program = (
        "from hybridcodec.machine.compiler import numba\nfrom numba.core import config\n"
        "config.reload_config()\nprint(repr(config.CACHE_DIR))"
    )
    command = [sys.executable, "-P", "-c", program]
    done = subprocess.run(command, cwd=trapped, capture_output=True, text=True, check=False)
    assert (done.stdout, done.stderr) == ("''\n", "")

"""Kept code that is damaged is compiled again and replaced; nothing that was not kept for a kernel is ever run."""

import os
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

KERNEL = """
@kernel()
def kernel{number}(x):
    return x + {number}
"""
PROGRAM = """
import sys
from numba.core import event
import kernels_of_a_test as made
with event.install_recorder("numba:compile") as found:
    names = [name for name in vars(made) if name.startswith("kernel") and name != "kernel"]
    right = [getattr(made, name)(20) == 20 + int(name[6:]) for name in names]
compiled = {when[1].data["dispatcher"].py_func.__name__ for when in found.buffer}
for name in names:
    print(name, "compiled" if name in compiled else "loaded")
print(all(right))
"""


def flip(path: Path, place: float) -> None:
    data = bytearray(path.read_bytes())
    data[int(place * (len(data) - 1))] ^= 4
    path.write_bytes(data)


def swap(path: Path) -> None:
    """Give the file the content of another kernel's."""
    path.write_bytes(next(other for other in path.parent.glob(f"kernels_of_a_test.kernel0*{path.suffix}")).read_bytes())


def replace_by_folder(path: Path) -> None:
    path.unlink()
    path.mkdir()


DAMAGE: dict[str, Callable[[Path], object]] = {
    "empty": lambda path: path.write_bytes(b""),
    "one byte": lambda path: path.write_bytes(path.read_bytes()[:1]),
    "cut in half": lambda path: path.write_bytes(path.read_bytes()[: path.stat().st_size // 2]),
    "cut at the end": lambda path: path.write_bytes(path.read_bytes()[:-1]),
    "zeros": lambda path: path.write_bytes(bytes(path.stat().st_size)),
    "text": lambda path: path.write_text("hello\n" * 1000),
    "a pickle of something else": lambda path: path.write_bytes(b"\x80\x04K\x01."),
    "longer": lambda path: path.write_bytes(path.read_bytes() + b"x"),
    "a bit at the start": lambda path: flip(path, 0),
    "a bit in the middle": lambda path: flip(path, 0.5),
    "a bit at the end": lambda path: flip(path, 1),
    "swapped": swap,
    "gone": lambda path: path.unlink(),
    "a folder": replace_by_folder,
}
CASES = [(kind, suffix) for kind in DAMAGE for suffix in ("nbi", "nbc")]


def write(folder: Path, count: int) -> None:
    kernels = "".join(KERNEL.format(number=number) for number in range(count))
    (folder / "kernels_of_a_test.py").write_text("from hybridcodec.machine.kernels import kernel\n" + kernels)


def run(folder: Path, program: str = PROGRAM, **variables: str) -> dict[str, str]:
    """Run all kernels in a process of its own; return which were compiled, and which were loaded."""
    environment = {**os.environ, "NUMBA_CACHE_DIR": str(folder / "cache"), **variables}
    environment["PYTHONPATH"] = os.pathsep.join([str(folder), *(path for path in sys.path if path)])
    command = [sys.executable, "-c", program]
    found = subprocess.run(command, env=environment, capture_output=True, text=True, check=False)
    assert found.returncode == 0, found.stderr
    *lines, right = found.stdout.splitlines()
    assert right == "True"
    return dict(line.split() for line in lines)


def files(folder: Path, pattern: str = "*.nb?") -> list[Path]:
    return sorted((folder / "cache").rglob(pattern))


def test_damaged_code_is_compiled_again_and_replaced_or_done_without(tmp_path: Path) -> None:
    write(tmp_path, len(CASES) + 1)
    assert "loaded" not in run(tmp_path).values()
    assert len(files(tmp_path)) == 2 * len(CASES) + 2
    for number, (kind, suffix) in enumerate(CASES, start=1):
        (path,) = files(tmp_path, f"*.kernel{number}-*.{suffix}")
        DAMAGE[kind](path)
    found = run(tmp_path)
    assert [kind for kind, now in found.items() if now == "loaded"] == ["kernel0"]
    found = run(tmp_path)
    again = [CASES[int(name[6:]) - 1] for name, now in found.items() if now == "compiled"]
    assert again == [("a folder", "nbi"), ("a folder", "nbc")]


def test_a_place_that_is_no_folder_is_done_without(tmp_path: Path) -> None:
    write(tmp_path, 1)
    (tmp_path / "cache").write_text("")
    assert run(tmp_path)["kernel0"]


def test_a_folder_that_goes_away_after_the_start_is_done_without(tmp_path: Path) -> None:
    write(tmp_path, 1)
    (tmp_path / "cache").mkdir()
    gone = (
        f"import shutil\nshutil.rmtree({str(tmp_path / 'cache')!r})\nopen({str(tmp_path / 'cache')!r}, 'w').close()\n"
    )
    assert run(tmp_path, PROGRAM.replace("with event", gone + "with event")) == {"kernel0": "compiled"}


def test_old_code_under_a_new_index_is_never_run(tmp_path: Path) -> None:
    """As a process leaves it that was killed between writing the two."""
    write(tmp_path, 1)
    run(tmp_path)
    (old,) = files(tmp_path, "*.nbc")
    before = old.read_bytes()
    source = tmp_path / "kernels_of_a_test.py"
    source.write_text(source.read_text().replace("x + 0", "x + 0 * 7"))
    assert run(tmp_path) == {"kernel0": "compiled"}
    old.write_bytes(before)
    assert run(tmp_path) == {"kernel0": "compiled"}
    assert run(tmp_path) == {"kernel0": "loaded"}

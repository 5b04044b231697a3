"""Two judges of one lossy picture that others wrote: SSIMULACRA2 and butteraugli, both from the makers of JPEG XL.

The first is the package `ssimulacra2`, 100 at best; the second the program `butteraugli_main` (Debian's
libjxl-devtools), whose 3-norm is taken, 0 at best. What is absent leaves its column empty, and a note says why.
"""

import re
import shutil
import subprocess
import tempfile
from collections.abc import Callable
from dataclasses import dataclass
from importlib.util import find_spec
from pathlib import Path
from typing import Final

from PIL import Image

from benchmarks.codecs import U8

PROGRAM: Final = "butteraugli_main"
_NORM: Final = re.compile(r"3-norm:\s*([0-9.eE+-]+)")


@dataclass(frozen=True)
class Judge:
    """One measure of two PNG files, and why it is absent, empty where it is not."""

    name: str
    absent: str
    of_files: Callable[[Path, Path], float]


def judges() -> tuple[Judge, ...]:
    """Return both judges."""
    package = "" if find_spec("ssimulacra2") else "the package ssimulacra2 is not installed"
    program = "" if shutil.which(PROGRAM) else f"{PROGRAM} is not installed"
    return Judge("SSIMULACRA2", package, _ssimulacra2), Judge("butteraugli", program, _butteraugli)


def verdicts(original: U8, decoded: U8) -> tuple[float, ...]:
    """Return what each judge says of a picture, (H, W) or (H, W, 3); NaN for one that is absent."""
    with tempfile.TemporaryDirectory() as folder:
        files = Path(folder, "original.png"), Path(folder, "decoded.png")
        for path, samples in zip(files, (original, decoded), strict=True):
            Image.fromarray(samples).convert("RGB").save(path, compress_level=0)
        return tuple(float("nan") if judge.absent else judge.of_files(*files) for judge in judges())


def _ssimulacra2(original: Path, decoded: Path) -> float:
    from ssimulacra2 import compute_ssimulacra2

    return float(compute_ssimulacra2(str(original), str(decoded)))


def _butteraugli(original: Path, decoded: Path) -> float:
    command = [PROGRAM, str(original), str(decoded)]
    said = subprocess.run(command, capture_output=True, check=True, text=True).stdout  # noqa: S603
    found = _NORM.search(said)
    assert found is not None, f"{PROGRAM} said {said!r}"
    return float(found[1])

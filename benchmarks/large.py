"""Peak memory and speed of perceptual files of large pictures: photographs side by side, each step in its own process.

    python -m benchmarks.large ../shared/data/train/photos --megapixels 10,100

Memory is the peak beside the picture itself and beside what a process holds before its work. It differs from `lossless`
in that it asks what grows with the picture.
"""

import subprocess
import sys
import tempfile
from pathlib import Path

import click
import numpy as np
from numpy.typing import NDArray

from benchmarks.folder import Folder
from benchmarks.options import Output, folder_options
from benchmarks.report import Table
from hybridcodec.sources import read_picture

U8 = NDArray[np.uint8]
MEGAPIXEL = 1_000_000
STEP = """
import sys, time
import numpy as np
from benchmarks.memory import peak_mb, resident_mb
from hybridcodec import Mode, decode, encode
small = np.zeros((64, 64, 3), np.uint8)
decode(encode(small, mode=Mode.PERCEPTUAL), layer="perceptual")  # loads code and models
what, picture, file = sys.argv[1:]
held = np.load(picture) if what == "encode" else open(file, "rb").read()
before, start = resident_mb(), time.process_time()
if what == "encode":
    made = encode(held, mode=Mode.PERCEPTUAL, max_pixels=None)
    open(file, "wb").write(made)
    size = 0
else:
    size = decode(held, layer=what, max_pixels=None).nbytes / 1e6
print(peak_mb() - before - size, time.process_time() - start)
"""


@click.command(help=__doc__)
@click.option("--megapixels", default="10,100", show_default=True, help="Sizes, separated by commas.")
@folder_options
def main(folder: Folder, output: Output, megapixels: str) -> None:
    """Measure and print."""
    rows = []
    for size in (float(text) for text in megapixels.split(",")):
        with tempfile.TemporaryDirectory() as scratch:
            picture, file = Path(scratch) / "picture.npy", Path(scratch) / "picture.hyc"
            np.save(picture, side_by_side(folder, int(size * MEGAPIXEL)))
            for what in ("encode", "base", "perceptual"):
                extra, seconds = _step(what, picture, file)
                rows.append((f"{size:g}", what, f"{extra:.0f}", f"{seconds:.1f}", f"{size / seconds:.2f}"))
    headings = ("megapixels", "what", "MB beside the picture", "CPU s", "MP per CPU s")
    title = "Perceptual files of large pictures"
    output.publish("large", folder, [Table(title, headings, tuple(rows))], [], {"rows": rows})


def side_by_side(folder: Folder, pixels: int) -> U8:
    """Return a square of about so many pixels, RGB, of the folder's photographs and again of them."""
    edge = round(pixels**0.5)
    out = np.empty((edge, edge, 3), np.uint8)
    cell, number = 256, 0
    crops = [c for path in folder.files if (c := read_picture(path).samples[:cell, :cell]).shape == (cell, cell, 3)]
    for top in range(0, edge, cell):
        for left in range(0, edge, cell):
            area = out[top : top + cell, left : left + cell]
            area[...] = crops[number % len(crops)][: area.shape[0], : area.shape[1]]
            number += 1
    return out


def _step(what: str, picture: Path, file: Path) -> tuple[float, float]:
    """Return the peak of one step beside what is there already, MB, and CPU seconds."""
    command = [sys.executable, "-c", STEP, what, str(picture), str(file)]
    found = subprocess.run(command, capture_output=True, text=True, check=True)  # noqa: S603 - our own program
    extra, seconds = found.stdout.split()
    return float(extra), float(seconds)


if __name__ == "__main__":
    main()

"""Peak memory and speed of files of large pictures: photographs side by side, each step in its own process.

    python -m benchmarks.large ../shared/data/train/photos --megapixels 10,100
    python -m benchmarks.large ../shared/data/train/photos --mode lossless --megapixels 10,25

Memory is the peak of the whole process, and of that what it has beside the picture itself and beside what a process
holds before its work. A region is 256x256, read from the disk, the median of some all over the picture. It differs from
`lossless` in that it asks what grows with the picture.
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
import statistics, sys, time
import numpy as np
from benchmarks.memory import peak_mb, resident_mb
from hybridcodec import check, decode, encode
what, mode, picture, file = sys.argv[1:]
small = np.random.default_rng(1).integers(0, 256, (64, 64, 3), np.uint8)  # by the coder of photographs
if what == "encode":
    encode(small, mode=mode)  # loads code and models
else:
    decode(file, region=(0, 0, 8, 8), layer="exact" if mode == "lossless" else "perceptual")
held = np.load(picture) if what == "encode" else open(file, "rb").read() if what != "region" else file
before, start, begin, size = resident_mb(), time.process_time(), time.perf_counter(), 0
if what == "encode":
    open(file, "wb").write(encode(held, mode=mode, max_pixels=None))
elif what == "verify":
    check(held, max_pixels=None)
elif what == "region":
    edge, taken = len(np.load(picture, mmap_mode="r")), []
    for number in range(9):
        begin, x = time.perf_counter(), (edge - 256) * number // 8
        decode(held, region=(x, x * 7 % (edge - 255), 256, 256), layer="exact" if mode == "lossless" else "perceptual")
        taken.append(time.perf_counter() - begin)
else:
    size = decode(held, layer=what, max_pixels=None).nbytes / 1e6
wall = statistics.median(taken) if what == "region" else time.perf_counter() - begin
cpu = (time.process_time() - start) / (9 if what == "region" else 1)
print(peak_mb(), peak_mb() - before - size, cpu, wall)
"""
STEPS = {"lossless": ("encode", "exact", "verify", "region"), "perceptual": ("encode", "base", "perceptual", "region")}


@click.command(help=__doc__)
@click.option("--megapixels", default="10,100", show_default=True, help="Sizes, separated by commas.")
@click.option("--mode", type=click.Choice(tuple(STEPS)), default="perceptual", show_default=True)
@folder_options
def main(folder: Folder, output: Output, megapixels: str, mode: str) -> None:
    """Measure and print."""
    rows = []
    for size in (float(text) for text in megapixels.split(",")):
        with tempfile.TemporaryDirectory() as scratch:
            picture, file = Path(scratch) / "picture.npy", Path(scratch) / "picture.hyc"
            np.save(picture, side_by_side(folder, int(size * MEGAPIXEL)))
            for what in STEPS[mode]:
                peak, extra, cpu, wall = _step(what, mode, picture, file)
                rows.append((f"{size:g}", what, f"{peak:.0f}", f"{extra:.0f}", f"{cpu:.2f}", f"{wall:.2f}"))
    headings = ("megapixels", "what", "MB in all", "MB beside the picture", "CPU s", "s")
    tables = [Table(f"{mode.capitalize()} files of large pictures", headings, tuple(rows))]
    output.publish(f"large {mode}", folder, tables, [], {"rows": rows})


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


def _step(what: str, mode: str, picture: Path, file: Path) -> tuple[float, float, float, float]:
    """Return the peak of one step, what of that is beside what is there already, MB, CPU seconds, and seconds."""
    command = [sys.executable, "-c", STEP, what, mode, str(picture), str(file)]
    found = subprocess.run(command, capture_output=True, text=True, check=True)  # noqa: S603 - our own program
    peak, extra, cpu, wall = map(float, found.stdout.split())
    return peak, extra, cpu, wall


if __name__ == "__main__":
    main()

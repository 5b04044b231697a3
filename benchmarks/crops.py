r"""Squares of pictures as a sheet: the original, our picture for the eye, our base picture and AVIF, of equal bytes.

    python -m benchmarks.crops docs/crops.webp ../shared/data/train/photos/budgie_158.webp 250,60 \
        ../shared/data/train/photos/budgie_158.webp 450,250 ../shared/data/train/photos/budgie_168.webp 200,150

A row is of one picture, a path and the left and top of its square; whole pictures are coded.
"""

import io
from collections.abc import Iterator, Sequence
from pathlib import Path

import click
import numpy as np
from PIL import Image

from benchmarks.codecs import LOSSY, U8
from benchmarks.equal_bytes import nearest
from benchmarks.previews import BASE, DISPLAY, views
from hybridcodec.codec import encode
from hybridcodec.errors import HybridcodecError, InputError
from hybridcodec.modes import Mode
from hybridcodec.options import Options
from hybridcodec.sources import read_picture
from hybridcodec.storage.files import naming, read_bytes

GAP = 4
"""White pixels between squares."""


def row(path: Path, left: int, top: int, edge: int, rate: float) -> tuple[U8, str]:
    """Return the squares of one picture side by side, (edge, 4 edge + 3 GAP, 3), and a line on their bytes.

    Raises:
        InputError: the picture cannot be read, is gray, or ends before the square does.
    """
    stored = read_bytes(path)
    with naming(path):
        samples = read_picture(stored).samples
    if samples.ndim != 3 or min(samples.shape[0] - top, samples.shape[1] - left) < edge:
        size = "x".join(map(str, samples.shape[1::-1]))
        raise InputError(f"{path}: no square of {edge} in colour at {left},{top}: the picture is {size}")
    data = encode(samples, mode=Mode.PERCEPTUAL, options=Options(target_bpp=rate))
    ours, avif = views(data), nearest(LOSSY["avif"], samples, len(data))
    pictures = samples, ours[DISPLAY], ours[BASE], LOSSY["avif"].decoded(avif.data, samples)
    squares = [picture[top : top + edge, left : left + edge] for picture in pictures]
    gap = np.full((edge, GAP, 3), 255, np.uint8)
    between = [part for square in squares for part in (gap, square)][1:]
    return np.concatenate(between, 1), f"{path.name}: {len(data)} bytes, AVIF {avif.size}"


def places(rows: Sequence[str]) -> Iterator[tuple[Path, int, int]]:
    """Yield path, left and top from the command line's words."""
    if len(rows) % 2:
        raise click.UsageError("expected pairs of a picture and LEFT,TOP")
    for path, place in zip(rows[::2], rows[1::2], strict=True):
        left, _, top = place.partition(",")
        if not (left.isdecimal() and top.isdecimal()):
            raise click.UsageError(f"expected LEFT,TOP, found {place}")
        yield Path(path), int(left), int(top)


@click.command(help=__doc__)
@click.argument("target", type=click.Path(path_type=Path, dir_okay=False))
@click.argument("rows", nargs=-1, required=True)
@click.option("--rate", default=0.15, show_default=True, help="Bits per pixel.")
@click.option("--edge", default=192, show_default=True, help="Of a square, in pixels.")
@click.option("--enlarged", default=1, show_default=True, help="Pixels are repeated so often each way.")
def main(target: Path, rows: tuple[str, ...], rate: float, edge: int, enlarged: int) -> None:
    """Code, cut, write the sheet, and print the bytes of each file."""
    try:
        found = [row(path, left, top, edge, rate) for path, left, top in places(rows)]
    except HybridcodecError as error:
        raise click.ClickException(str(error)) from error
    gap = np.full((GAP, found[0][0].shape[1], 3), 255, np.uint8)
    sheet = np.concatenate([part for squares, _ in found for part in (gap, squares)][1:])
    sheet = sheet.repeat(enlarged, 0).repeat(enlarged, 1)
    stream = io.BytesIO()
    Image.fromarray(sheet).save(stream, "WebP", lossless=True)
    try:
        target.write_bytes(stream.getvalue())
    except OSError as error:
        raise click.ClickException(f"{target}: cannot be written: {error.strerror}") from error
    for _, line in found:
        click.echo(line)


if __name__ == "__main__":
    main()

"""The base layer over a folder: size and likeness, against JPEG and WebP files that are no smaller.

Measured on whole files in perceptual mode, header and hashes in them, as the other formats have theirs.
"""

from collections.abc import Sequence
from dataclasses import asdict, dataclass
from pathlib import Path

import click
import numpy as np
import numpy.typing as npt

from benchmarks.folder import Folder
from benchmarks.options import Output, folder_options
from benchmarks.previews import BASE, SMALLEST_SIDE, Preview, judged, large_enough, other_preview, views
from benchmarks.report import Table
from hybridcodec.codec import encode, read_info
from hybridcodec.modes import Mode
from hybridcodec.sources import read_picture

BITS_WANTED = (0.15, 0.40)
WORST_MEAN_ERROR = 0.5

NOTES = [
    "Ours is a whole file in perceptual mode. JPEG (progressive, optimised, 4:2:0, mozjpeg's table) and WebP (method "
    "6) have the smallest file that is not smaller. Mean error is the channel's with the largest absolute value.",
]


@dataclass(frozen=True)
class Comparison:
    """One picture in three formats; `base_bytes` is what the base layer takes of `ours`."""

    name: str
    pixels: int
    base_bytes: int
    ours: Preview
    jpeg: Preview
    webp: Preview

    def bits(self, preview: Preview) -> float:
        """Bits per pixel."""
        return 8 * preview.bytes / self.pixels

    @property
    def mean_error(self) -> float:
        """Of the channel whose mean is furthest off."""
        return max(self.ours.mean_errors, key=abs)


@click.command(help=__doc__)
@click.option("--check", is_flag=True, help="Fail where a bar is missed, and name it.")
@folder_options
def main(folder: Folder, output: Output, check: bool) -> None:
    """Compare, print, and with --check fail where a bar is missed."""
    found = [compared(path) for path in folder.files if large_enough(path)]
    if not found:
        raise click.ClickException(f"no picture with sides of at least {SMALLEST_SIDE}, which MS-SSIM needs")
    small = len(folder.files) - len(found)
    too_small = f"{small} picture{'s were' if small > 1 else ' was'} too small for MS-SSIM."
    notes = [*NOTES, *([too_small] if small else [])]
    tables = [_table(folder, found)]
    output.publish("base", folder, tables, notes, {"results": [asdict(comparison) for comparison in found]})
    missed = missed_bars(found)
    if check and missed:
        raise click.ClickException("; ".join(missed))


def compared(path: Path) -> Comparison:
    """Encode one picture in perceptual mode and find the JPEG and the WebP to compare it with."""
    samples = read_picture(path).samples
    data = encode(samples, mode=Mode.PERCEPTUAL)
    ours = judged(samples, views(data)[BASE], len(data))
    jpeg, webp = (other_preview(samples, name, len(data)) for name in ("jpeg", "webp"))
    H, W = samples.shape[:2]
    return Comparison(path.name, H * W, read_info(data).base_bytes, ours, jpeg, webp)


def missed_bars(found: Sequence[Comparison]) -> list[str]:
    """Return one line for every bar that is missed."""
    missed = []
    bits = 8 * sum(each.ours.bytes for each in found) / sum(each.pixels for each in found)
    low, high = BITS_WANTED
    if not low <= bits <= high:
        missed.append(f"{bits:.3f} bits per pixel, {low} to {high} wanted")
    missed += [f"{each.name}: MS-SSIM below JPEG's" for each in found if each.ours.ms_ssim <= each.jpeg.ms_ssim]
    ours, webp = (np.mean([getattr(each, name).ms_ssim for each in found]) for name in ("ours", "webp"))
    if ours <= webp:
        missed.append(f"mean MS-SSIM {ours:.4f}, WebP's is {webp:.4f}")
    shifted = [each for each in found if abs(each.mean_error) >= WORST_MEAN_ERROR]
    return missed + [f"{each.name}: mean error {each.mean_error:+.2f}" for each in shifted]


def _table(folder: Folder, found: Sequence[Comparison]) -> Table:
    formats = ("ours", "JPEG", "WebP")
    measures = ("bits", "MS-SSIM", "PSNR")
    headings = ("picture", *(f"{measure} {name}" for measure in measures for name in formats), "mean error")
    figures = np.array([_figures(each) for each in found])
    rows = [_row(each.name, row) for each, row in zip(found, figures, strict=True)]
    mean = figures.mean(0)
    mean[-1] = max(figures[:, -1], key=abs)
    rows.append(_row("mean (mean error: worst)", mean))
    return Table(f"{folder.path.resolve().name}, base layer, bits per pixel", headings, tuple(rows))


def _figures(each: Comparison) -> list[float]:
    previews = (each.ours, each.jpeg, each.webp)
    bits, likeness = [each.bits(preview) for preview in previews], [preview.ms_ssim for preview in previews]
    return [*bits, *likeness, *(preview.psnr for preview in previews), each.mean_error]


def _row(name: str, figures: npt.NDArray[np.float64]) -> tuple[str, ...]:
    formats = ("{:.3f}",) * 3 + ("{:.4f}",) * 3 + ("{:.2f}",) * 3 + ("{:+.2f}",)
    return (name, *(form.format(figure) for form, figure in zip(formats, figures, strict=True)))


if __name__ == "__main__":
    main()

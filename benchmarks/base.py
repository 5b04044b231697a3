"""The base layer over a folder: size and likeness, against JPEG and WebP files that are no smaller.

Measured on whole files in perceptual mode, header and hashes in them, as the other formats have theirs: at the usual
quality, and at both ends of the rates at which people look at base pictures.
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
from hybridcodec.options import Options
from hybridcodec.sources import read_picture

RATES = (0.15, 0.40)
"""Bits per pixel at which likeness is compared too: previews that are worth looking at lie between them."""
WITHIN = 0.03
"""Largest deviation, of a folder's mean, from a rate that was asked for."""
WORST_MEAN_ERROR = 0.5

NOTES = [
    "Ours is a whole file in perceptual mode. JPEG (progressive, optimised, 4:2:0, mozjpeg's table) and WebP (method "
    "6) have the smallest file that is not smaller. Mean error is the channel's with the largest absolute value.",
]


@dataclass(frozen=True)
class Comparison:
    """One picture in three formats, ours at the rate `asked` for, or at the usual quality where that is None.

    `base_bytes` is what the base layer takes of `ours`.
    """

    name: str
    asked: float | None
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
    found = [compared(path, asked) for asked in (None, *RATES) for path in folder.files if large_enough(path)]
    if not found:
        raise click.ClickException(f"no picture with sides of at least {SMALLEST_SIDE}, which MS-SSIM needs")
    small = sum(not large_enough(path) for path in folder.files)
    too_small = f"{small} picture{'s were' if small > 1 else ' was'} too small for MS-SSIM."
    notes = [*NOTES, *([too_small] if small else [])]
    tables = [_table(folder, asked, of(found, asked)) for asked in (None, *RATES)]
    output.publish("base", folder, tables, notes, {"results": [asdict(comparison) for comparison in found]})
    missed = missed_bars(found)
    if check and missed:
        raise click.ClickException("; ".join(missed))


def compared(path: Path, asked: float | None) -> Comparison:
    """Encode one picture in perceptual mode and find the JPEG and the WebP to compare it with."""
    samples = read_picture(path).samples
    data = encode(samples, mode=Mode.PERCEPTUAL, options=Options(target_bpp=asked))
    ours = judged(samples, views(data)[BASE], len(data))
    jpeg, webp = (other_preview(samples, name, len(data)) for name in ("jpeg", "webp"))
    H, W = samples.shape[:2]
    return Comparison(path.name, asked, H * W, read_info(data).base_bytes, ours, jpeg, webp)


def of(found: Sequence[Comparison], asked: float | None) -> list[Comparison]:
    """Return the comparisons at one rate, or at the usual quality."""
    return [each for each in found if each.asked == asked]


def missed_bars(found: Sequence[Comparison]) -> list[str]:
    """Return one line for every bar that is missed."""
    rates = dict.fromkeys(each.asked for each in found)
    return [f"{_name(asked)}: {line}" for asked in rates for line in _missed(asked, of(found, asked))]


def _missed(asked: float | None, found: Sequence[Comparison]) -> list[str]:
    missed = []
    bits = 8 * sum(each.ours.bytes for each in found) / sum(each.pixels for each in found)
    if asked is not None and abs(bits / asked - 1) > WITHIN:
        missed.append(f"{bits:.3f} bits per pixel, {asked} asked for")
    if asked is None and bits > max(RATES):
        missed.append(f"{bits:.3f} bits per pixel, {max(RATES)} at most wanted")
    missed += [f"{each.name}: MS-SSIM below JPEG's" for each in found if each.ours.ms_ssim <= each.jpeg.ms_ssim]
    ours, webp = (np.mean([getattr(each, name).ms_ssim for each in found]) for name in ("ours", "webp"))
    if ours <= webp:
        missed.append(f"mean MS-SSIM {ours:.4f}, WebP's is {webp:.4f}")
    shifted = [each for each in found if abs(each.mean_error) >= WORST_MEAN_ERROR]
    return missed + [f"{each.name}: mean error {each.mean_error:+.2f}" for each in shifted]


def _name(asked: float | None) -> str:
    return "usual quality" if asked is None else f"{asked:.2f} asked for"


def _table(folder: Folder, asked: float | None, found: Sequence[Comparison]) -> Table:
    formats = ("ours", "JPEG", "WebP")
    measures = ("bits", "MS-SSIM", "PSNR")
    headings = ("picture", *(f"{measure} {name}" for measure in measures for name in formats), "mean error")
    figures = np.array([_figures(each) for each in found])
    rows = [_row(each.name, row) for each, row in zip(found, figures, strict=True) if asked is None]
    mean = figures.mean(0)
    mean[-1] = max(figures[:, -1], key=abs)
    rows.append(_row("mean (mean error: worst)", mean))
    return Table(f"{folder.path.resolve().name}, base layer, {_name(asked)}, bits per pixel", headings, tuple(rows))


def _figures(each: Comparison) -> list[float]:
    previews = (each.ours, each.jpeg, each.webp)
    bits, likeness = [each.bits(preview) for preview in previews], [preview.ms_ssim for preview in previews]
    return [*bits, *likeness, *(preview.psnr for preview in previews), each.mean_error]


def _row(name: str, figures: npt.NDArray[np.float64]) -> tuple[str, ...]:
    formats = ("{:.3f}",) * 3 + ("{:.4f}",) * 3 + ("{:.2f}",) * 3 + ("{:+.2f}",)
    return (name, *(form.format(figure) for form, figure in zip(formats, figures, strict=True)))


if __name__ == "__main__":
    main()

"""Previews at given rates over a folder: are whole files as large as was asked for, and how like are they?

    python -m benchmarks.rates ../shared/data/bench/kodak --rates 0.15,0.30,0.45 --check

Means are over pictures, each a file of its own in perceptual mode. `--only 01,05` takes the names that hold one of
these. A picture whose range does not reach a rate is counted and left out of the deviation.
"""

from collections.abc import Sequence
from dataclasses import asdict, dataclass
from pathlib import Path

import click
import numpy as np

from benchmarks.folder import Folder
from benchmarks.options import Output, folder_options, only_option, rates_option
from benchmarks.previews import BASE, SMALLEST_SIDE, Preview, judged, large_enough, views
from benchmarks.report import Table
from hybridcodec.base.variable.decoder import Common
from hybridcodec.base.variable.schema import QUALITIES
from hybridcodec.codec import encode
from hybridcodec.layers import base_layer
from hybridcodec.modes import Mode
from hybridcodec.opening import open_picture
from hybridcodec.options import Options
from hybridcodec.sources import read_picture

WITHIN = 0.03
"""Largest deviation from a rate that is in range."""


@dataclass(frozen=True)
class Rated:
    """One picture at one rate; `level` is its quality, 0 to 1023."""

    name: str
    wanted: float
    bits: float
    level: int
    preview: Preview

    @property
    def in_range(self) -> bool:
        """Whether the coder could have come nearer to the rate."""
        return in_range(self.level)

    @property
    def off(self) -> float:
        """Deviation from the rate, as a share of it."""
        return self.bits / self.wanted - 1


@click.command(help=__doc__)
@rates_option
@only_option
@click.option("--check", is_flag=True, help=f"Fail where a file is more than {WITHIN:.0%} off a rate in range.")
@folder_options
def main(folder: Folder, output: Output, rates: list[float], only: str, check: bool) -> None:
    """Encode, judge, print, and with --check fail where a rate is missed."""
    folder = folder.only(only)
    found = [rated(path, rate) for path in folder.files if large_enough(path) for rate in rates]
    if not found:
        raise click.ClickException(f"no picture of that name with sides of at least {SMALLEST_SIDE}")
    output.publish("rates", folder, [_table(folder, found)], [], {"results": [asdict(each) for each in found]})
    missed = [each for each in found if each.in_range and abs(each.off) > WITHIN]
    if check and missed:
        raise click.ClickException("; ".join(f"{each.name} at {each.wanted}: {each.off:+.1%}" for each in missed))


def rated(path: Path, bpp: float) -> Rated:
    """Encode one picture at a rate and compare it with itself."""
    samples = read_picture(path).samples
    data = encode(samples, mode=Mode.PERCEPTUAL, options=Options(target_bpp=bpp))
    preview = judged(samples, views(data)[BASE], len(data))
    bits = 8 * len(data) / (samples.shape[0] * samples.shape[1])
    return Rated(path.name, bpp, bits, level_of(data), preview)


def level_of(data: bytes) -> int:
    """Return the quality of a file of one preview, 0 to QUALITIES - 1."""
    return Common.of(base_layer(open_picture(data, None, None)).common).quality


def in_range(level: int) -> bool:
    """Whether the coder could have come nearer to a rate than with this quality."""
    return 0 < level < QUALITIES - 1


def _table(folder: Folder, found: Sequence[Rated]) -> Table:
    rows = []
    for wanted in dict.fromkeys(each.wanted for each in found):
        at = [each for each in found if each.wanted == wanted]
        off = [abs(each.off) for each in at if each.in_range]
        rows.append(
            (
                f"{wanted:.2f}",
                str(len(at)),
                str(len(off)),
                f"{max(off, default=0):.2%}",
                f"{np.mean([each.bits for each in at]):.4f}",
                f"{np.mean([each.preview.psnr for each in at]):.2f}",
                f"{np.mean([each.preview.ms_ssim for each in at]):.4f}",
                f"{max(abs(mean) for each in at for mean in each.preview.mean_errors):.2f}",
            )
        )
    headings = ("bits asked", "pictures", "in range", "furthest off", "bits", "PSNR", "MS-SSIM", "largest mean error")
    return Table(f"{folder.path.resolve().name}, whole files at a rate, bits per pixel", headings, tuple(rows))


if __name__ == "__main__":
    main()

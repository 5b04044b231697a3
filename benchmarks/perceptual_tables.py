"""The tables of `benchmarks.perceptual`."""

from collections.abc import Sequence

from benchmarks.codecs import LOSSY
from benchmarks.likeness import Figures
from benchmarks.patterns import PERIODS
from benchmarks.perceptual_bars import Line
from benchmarks.previews import BASE, DISPLAY
from benchmarks.report import Table
from benchmarks.results import CodecResult


def label(codec: str) -> str:
    """Return what a table calls a codec, or a picture in a file of ours."""
    return f"ours, {codec}" if codec in (BASE, DISPLAY) else LOSSY[codec].label


def rate_table(folder: str, rate: float, figures: Sequence[Figures]) -> Table:
    """Return every codec at one rate."""
    judges = ("PSNR", "MS-SSIM", "LD", "PFD", "SSIMULACRA2", "butteraugli")
    headings = ("codec", "bits", "to ours", "floor", *judges, "shift")
    ours = next(each for each in figures if each.codec == BASE)
    rows = tuple(
        (
            label(each.codec),
            f"{each.bits:.4f}",
            f"{each.bytes / ours.bytes:.3f}",
            str(each.out_of_range),
            f"{each.psnr:.2f}",
            f"{each.ms_ssim:.4f}",
            f"{each.learned:.4f}",
            f"{each.frechet:.2f}",
            f"{each.ssimulacra2:.2f}",
            f"{each.butteraugli:.3f}",
            f"{each.mean_shift:.2f}",
        )
        for each in figures
    )
    return Table(f"{folder}, {rate} bits per pixel, {ours.pictures} pictures", headings, rows)


def head_table(figures: Sequence[Figures]) -> Table:
    """Return what is periodic in our pictures, and what the picture for the eye changes against its base picture."""
    headings = (
        "rate, picture",
        "against",
        *(f"pattern {n}" for n in PERIODS),
        "shift",
        "PFD",
        "LD",
        "SSIMULACRA2",
        "PSNR",
    )
    rows = []
    bases = {each.rate: each for each in figures if each.codec == BASE}
    for each in figures:
        if each.codec not in (BASE, DISPLAY):
            continue
        base = bases[each.rate]
        changes = (
            f"{each.frechet / base.frechet - 1:+.1%}",
            f"{each.learned / base.learned - 1:+.1%}",
            f"{each.ssimulacra2 - base.ssimulacra2:+.2f}",
            f"{each.psnr - base.psnr:+.2f} dB",
        )
        cells = (*(f"{found:.3f}" for found in each.patterns), f"{each.mean_shift:.2f}")
        shown = each.codec == DISPLAY
        rows.append(
            (f"{each.rate}, {each.codec}", "base" if shown else "original", *cells, *(changes if shown else [""] * 4))
        )
    return Table("Patterns, rms of phase means in steps, and what the display changes", headings, tuple(rows))


def speed_table(speeds: Sequence[CodecResult], rate: float) -> Table:
    """Return speed and memory of every codec at one rate."""
    headings = ("codec", "encode MP/s", "decode MP/s", "CPU s/MP, both", "peak MB", "idle MB", "threads")
    rows = tuple(
        (
            speed.label,
            f"{speed.encode_speed:.2f}",
            f"{speed.decode_speed:.2f}",
            f"{speed.cpu_s_per_megapixel:.2f}",
            f"{speed.peak_mb:.0f}",
            f"{speed.idle_mb:.0f}",
            str(speed.threads),
        )
        for speed in speeds
    )
    return Table(f"Speed and memory at {rate} bits per pixel, a process for each codec", headings, rows)


def bar_table(lines: Sequence[Line]) -> Table:
    """Return what must be and should be, what was found, and which is met."""
    rows = tuple(
        (line.bar.figure, f"{line.found:.3f}", f"{line.bar.must:g}", f"{line.bar.goal:g}", line.verdict)
        for line in lines
    )
    return Table("Bars", ("figure", "found", "must", "goal", "met"), rows)

"""Plots of every measure over rate, one SVG a measure, each codec a line; needs matplotlib, of the extra benchmark."""

from collections.abc import Sequence
from pathlib import Path
from typing import Any, Final

from benchmarks.likeness import Figures
from benchmarks.perceptual_tables import label

MEASURES: Final = {
    "psnr": "PSNR, dB",
    "ms_ssim": "MS-SSIM",
    "learned": "learned distance, lite2 (lower is better)",
    "frechet": "patch-Frechet distance, lite2 (lower is better)",
    "ssimulacra2": "SSIMULACRA2",
    "butteraugli": "butteraugli, 3-norm (lower is better)",
}
SIZE: Final = (6.4, 4.2)
"""Inches."""


def draw(folder: Path, figures: Sequence[Figures]) -> list[Path]:
    """Write a plot of each measure into a folder, which is made, and return the files."""
    from matplotlib import rc_context

    folder.mkdir(parents=True, exist_ok=True)
    written = []
    with rc_context({"svg.hashsalt": "hybridcodec", "svg.fonttype": "none"}):  # the same figures give the same bytes
        for measure, title in MEASURES.items():
            written.append(folder / f"{measure}.svg")
            _drawn(figures, measure, title).savefig(written[-1], metadata={"Date": None})
    return written


def _drawn(figures: Sequence[Figures], measure: str, title: str) -> Any:
    from matplotlib.figure import Figure

    figure = Figure(figsize=SIZE, layout="constrained")
    axes = figure.subplots()
    for codec in dict.fromkeys(each.codec for each in figures):
        own = sorted((each for each in figures if each.codec == codec), key=lambda each: each.bits)
        rates, values = [each.bits for each in own], [getattr(each, measure) for each in own]
        axes.plot(rates, values, marker="o", label=label(codec))
    axes.set(xlabel="bits per pixel, whole files", ylabel=title)
    axes.grid(visible=True, alpha=0.3)
    axes.legend()
    return figure

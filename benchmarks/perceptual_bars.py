"""The bars of `benchmarks.perceptual`, as data: what must hold, what is aimed at, and what was found.

Distances of our picture for the eye are by those of other codecs in the same bytes; PSNR and MS-SSIM of the base
picture are means of eight pictures of Kodak alone, for which the bars were set.
"""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Final

import numpy as np

from benchmarks.codecs import OURS
from benchmarks.likeness import Figures, Likeness
from benchmarks.previews import BASE, DISPLAY
from benchmarks.results import CodecResult

EIGHT: Final = tuple(f"kodim{n}." for n in ("01", "05", "07", "08", "13", "15", "19", "23"))
"""How the names of the pictures begin whose base pictures have bars."""
BEATEN: Final = ("jpeg", "webp", "jxl")
"""Codecs that our picture for the eye must be nearer than, in both distances, at every rate."""
RATES: Final = (0.15, 0.30, 0.45)


@dataclass(frozen=True)
class Bar:
    """What a figure must reach and should reach; `up` where more is better."""

    figure: str
    must: float
    goal: float
    up: bool = False


@dataclass(frozen=True)
class Line:
    """A bar and what was found; NaN where it was not measured."""

    bar: Bar
    found: float

    @property
    def verdict(self) -> str:
        """Which of both is met."""
        if math.isnan(self.found):
            return "not measured"
        sign = -1 if self.bar.up else 1
        reached = [sign * self.found <= sign * least for least in (self.bar.must, self.bar.goal)]
        return "goal" if all(reached) else "must" if reached[0] else "MISSED"

    @property
    def missed(self) -> bool:
        """Whether it was measured, and is not even what it must be."""
        return self.verdict == "MISSED"

    @property
    def text(self) -> str:
        """All in one line."""
        return f"{self.bar.figure}: {self.found:.3f}, {'at least' if self.bar.up else 'at most'} {self.bar.must} wanted"


def _at(rate: float, figure: str, must: float, goal: float, *, up: bool = False) -> Bar:
    return Bar(f"{rate:.2f}: {figure}", must, goal, up)


BARS: Final = (
    *(_at(rate, f"{what} by the best of JPEG, WebP, JPEG XL", 1, 1) for rate in RATES for what in ("LD", "PFD")),
    _at(0.15, "LD by AVIF", 1.04, 0.90),
    _at(0.15, "PFD by AVIF", 0.95, 0.90),
    _at(0.30, "LD by AVIF", 1.08, 0.95),
    _at(0.30, "PFD by AVIF", 0.95, 0.95),
    _at(0.45, "LD by AVIF", math.inf, 1),
    _at(0.45, "PFD by AVIF", 1, 1),
    _at(0.15, "PSNR of the base, 8 pictures", 26.3, 26.8, up=True),
    _at(0.30, "PSNR of the base, 8 pictures", 28.6, 29.3, up=True),
    _at(0.45, "PSNR of the base, 8 pictures", 30.1, 31.0, up=True),
    _at(0.15, "MS-SSIM of the base, 8 pictures", 0.918, 0.926, up=True),
    _at(0.30, "MS-SSIM of the base, 8 pictures", 0.954, 0.961, up=True),
    _at(0.45, "MS-SSIM of the base, 8 pictures", 0.969, 0.974, up=True),
    *(_at(rate, "PFD, display by base", 0.92, 0.80) for rate in RATES),
    *(_at(rate, "LD, display by base", 1.01, 0.96) for rate in RATES),
    *(_at(rate, "SSIMULACRA2, display less base", -1, 0, up=True) for rate in RATES),
    *(_at(rate, "PSNR, display less base", -0.5, -0.3, up=True) for rate in RATES),
    *(_at(rate, "worst pattern, display less base", 0.3, 0.15) for rate in RATES),
    Bar("largest mean shift of a channel", 0.3, 0.1),
    *(_at(rate, "furthest off the rate, in range", 0.03, 0.005) for rate in RATES),
    Bar("decode MP/s", 2, 5, up=True),
    Bar("encode MP/s", 1, 3, up=True),
)


def judgement(found: Sequence[Likeness], figures: Sequence[Figures], speeds: Sequence[CodecResult] = ()) -> list[Line]:
    """Return every bar with what was found."""
    known = dict(_known(found, figures, speeds))
    return [Line(bar, known.get(bar.figure, math.nan)) for bar in BARS]


def _known(
    found: Sequence[Likeness], figures: Sequence[Figures], speeds: Sequence[CodecResult]
) -> Iterator[tuple[str, float]]:
    for rate in dict.fromkeys(each.rate for each in figures):
        by_codec = {each.codec: each for each in figures if each.rate == rate}
        base = [each for each in found if each.codec == BASE and each.rate == rate]
        for name, value in (*_of_distances(by_codec), *_of_display(by_codec), *_of_base(base)):
            yield f"{rate:.2f}: {name}", value
    yield "largest mean shift of a channel", max(each.mean_shift for each in figures if each.codec in (BASE, DISPLAY))
    for speed in speeds:
        if speed.codec == OURS:
            yield "decode MP/s", speed.decode_speed
            yield "encode MP/s", speed.encode_speed


def _of_distances(by_codec: Mapping[str, Figures]) -> Iterator[tuple[str, float]]:
    ours = by_codec.get(DISPLAY, by_codec[BASE])
    for name, measure in (("LD", "learned"), ("PFD", "frechet")):
        own, others = getattr(ours, measure), {codec: getattr(each, measure) for codec, each in by_codec.items()}
        yield f"{name} by the best of JPEG, WebP, JPEG XL", own / min(others[codec] for codec in BEATEN)
        yield f"{name} by AVIF", own / others["avif"]


def _of_display(by_codec: Mapping[str, Figures]) -> Iterator[tuple[str, float]]:
    if DISPLAY not in by_codec:
        return
    shown, base = by_codec[DISPLAY], by_codec[BASE]
    yield "PFD, display by base", shown.frechet / base.frechet
    yield "LD, display by base", shown.learned / base.learned
    yield "SSIMULACRA2, display less base", shown.ssimulacra2 - base.ssimulacra2
    yield "PSNR, display less base", shown.psnr - base.psnr
    yield "worst pattern, display less base", max(shown.patterns)


def _of_base(found: Sequence[Likeness]) -> Iterator[tuple[str, float]]:
    eight = [each for each in found if each.name.startswith(EIGHT)]
    if len(eight) == len(EIGHT):
        yield "PSNR of the base, 8 pictures", float(np.mean([each.psnr for each in eight]))
        yield "MS-SSIM of the base, 8 pictures", float(np.mean([each.ms_ssim for each in eight]))
    yield "furthest off the rate, in range", max((abs(each.off) for each in found if each.in_range), default=math.nan)

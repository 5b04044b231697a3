"""Figures of lossy pictures beside their originals: of one picture, and of all pictures of a codec at a rate."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict, dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

from benchmarks.codecs import U8
from benchmarks.distances import Seen, frechet, learned, seen
from benchmarks.judges import verdicts
from benchmarks.patterns import patterns
from benchmarks.previews import judged

F32 = npt.NDArray[np.float32]


@dataclass(frozen=True)
class Original:
    """A picture, and what the network sees in it."""

    name: str
    samples: U8
    seen: Seen

    @classmethod
    def of(cls, name: str, samples: U8) -> Original:
        """Look at a picture once, for all codecs."""
        return cls(name, samples, seen(samples))

    @property
    def pixels(self) -> int:
        """Height times width."""
        return int(np.prod(self.samples.shape[:2]))


@dataclass(frozen=True)
class Likeness:
    """One lossy picture of `bytes` beside its original.

    Attributes:
        name: of the picture.
        codec: of `codecs.LOSSY`; for this one BASE or DISPLAY.
        rate: bits per pixel that were asked for.
        level: of the codec.
        pixels: of the picture.
        bytes: of the whole file.
        wanted: bytes that it should have.
        in_range: whether the codec could have come nearer to them.
        psnr: decibels.
        ms_ssim: 0 to 1.
        learned: learned distance.
        ssimulacra2: 100 at best; NaN where its judge is absent.
        butteraugli: 0 at best, 3-norm; NaN where its judge is absent.
        mean_shift: largest mean error of a channel, in steps.
        patterns: what is periodic, in steps, for each of `patterns.PERIODS`: of DISPLAY less BASE, else of the error.
        points: what the network sees in patches (patches, coordinates), of the original and of this.
    """

    name: str
    codec: str
    rate: float
    level: float
    pixels: int
    bytes: int
    wanted: float
    in_range: bool
    psnr: float
    ms_ssim: float
    learned: float
    ssimulacra2: float
    butteraugli: float
    mean_shift: float
    patterns: tuple[float, ...]
    points: tuple[F32, F32]

    @property
    def bits(self) -> float:
        """Bits per pixel."""
        return 8 * self.bytes / self.pixels

    @property
    def off(self) -> float:
        """Deviation from the size that was wanted, as a share of it."""
        return self.bytes / self.wanted - 1

    def to_dict(self) -> dict[str, Any]:
        """All figures for JSON."""
        return {name: value for name, value in asdict(self).items() if name != "points"} | {"bits": self.bits}


@dataclass(frozen=True)
class File:
    """A lossy file of one codec: what it is, how large, and whether its codec could have met the size nearer."""

    codec: str
    rate: float
    level: float
    bytes: int
    wanted: float
    in_range: bool


def compared(original: Original, file: File, shown: U8, ground: U8 | None = None) -> Likeness:
    """Judge the picture that a file shows; patterns are those of its difference to `ground`, or to the original."""
    preview, found = judged(original.samples, shown, file.bytes), seen(shown)
    ssimulacra2, butteraugli = verdicts(original.samples, shown)
    return Likeness(
        name=original.name,
        pixels=original.pixels,
        psnr=preview.psnr,
        ms_ssim=preview.ms_ssim,
        learned=learned(original.seen, found),
        ssimulacra2=ssimulacra2,
        butteraugli=butteraugli,
        mean_shift=max(map(abs, preview.mean_errors)),
        patterns=patterns(original.samples if ground is None else ground, shown),
        points=(original.seen.points.astype(np.float32), found.points.astype(np.float32)),
        **asdict(file),
    )


@dataclass(frozen=True)
class Figures:
    """Means over the pictures of one codec at one rate, but for `frechet`, of all patches together, and worst cases."""

    codec: str
    rate: float
    pictures: int
    out_of_range: int
    bits: float
    bytes: int
    psnr: float
    ms_ssim: float
    learned: float
    frechet: float
    ssimulacra2: float
    butteraugli: float
    mean_shift: float
    patterns: tuple[float, ...]

    @classmethod
    def of(cls, found: Sequence[Likeness]) -> Figures:
        """Sum up the pictures of one codec at one rate."""

        def mean(name: str) -> float:
            return float(np.mean([getattr(each, name) for each in found]))

        clouds = (np.concatenate([each.points[n] for each in found]).astype(np.float64) for n in (0, 1))
        return cls(
            codec=found[0].codec,
            rate=found[0].rate,
            pictures=len(found),
            out_of_range=sum(not each.in_range for each in found),
            bits=mean("bits"),
            bytes=sum(each.bytes for each in found),
            psnr=mean("psnr"),
            ms_ssim=mean("ms_ssim"),
            learned=mean("learned"),
            frechet=frechet(*clouds),
            ssimulacra2=mean("ssimulacra2"),
            butteraugli=mean("butteraugli"),
            mean_shift=max(each.mean_shift for each in found),
            patterns=tuple(float(n) for n in np.mean([each.patterns for each in found], axis=0)),
        )

"""Lossy pictures at equal bytes, ours and others', by everything that judges them; what a display head changes.

    python -m benchmarks.perceptual ../shared/data/bench/kodak --check --plots plots --results docs/results.md

Every picture is encoded at each rate by this codec; JPEG, WebP, AVIF and JPEG XL then get as many bytes as our whole
file has. `--only 01,05` takes the names that hold one of these.
"""

from collections import defaultdict
from collections.abc import Iterator, Sequence
from pathlib import Path
from statistics import median
from typing import Final

import click

from benchmarks.codecs import LOSSY, OURS
from benchmarks.equal_bytes import WITHIN, nearest
from benchmarks.folder import Folder
from benchmarks.judges import judges
from benchmarks.likeness import Figures, File, Likeness, Original, compared
from benchmarks.measure import available_threads, measure
from benchmarks.options import Output, folder_options, only_option, rates_option
from benchmarks.perceptual_bars import judgement
from benchmarks.perceptual_tables import bar_table, head_table, rate_table, speed_table
from benchmarks.plots import draw
from benchmarks.previews import BASE, DISPLAY, SMALLEST_SIDE, large_enough, views
from benchmarks.rates import in_range, level_of
from benchmarks.results import CodecResult
from hybridcodec.sources import read_picture

OTHERS: Final = tuple(name for name in LOSSY if name != OURS)
TIMED: Final = 4
"""Pictures whose coding is timed."""
NOTES: Final = [
    "Bytes are of whole files; `to ours` is all bytes of a codec by all of ours. JPEG is Pillow's (libjpeg-turbo), set "
    "as mozjpeg is: progressive, optimised, 4:2:0, mozjpeg's table scaled in fine steps; it lacks mozjpeg's trellis. "
    "WebP method 6, AVIF speed 6 (4:4:4) and JPEG XL effort 7 are imagecodecs'. AVIF has 64 levels, some 7 % apart: "
    "each picture gets the one nearest to our bytes and to what the pictures before it were given too much or too "
    "little. `floor` counts the pictures for which a codec cannot go so low, or so high.",
    "LD, learned distance, and PFD, patch-Frechet distance, are in features of EfficientNet-Lite2; training reads "
    "Lite0, a relative, which flatters ours. PFD is of all pictures together and falls with their number. SSIMULACRA2 "
    "is 100 at best, butteraugli (3-norm) 0. Shift is the largest mean error of a channel of any picture, in steps.",
]


@click.command(help=__doc__)
@rates_option
@only_option
@click.option("--check", is_flag=True, help="Fail where a bar is missed, and name it.")
@click.option("--plots", type=click.Path(path_type=Path, file_okay=False), help="Draw every measure into this folder.")
@click.option("--timed/--untimed", default=True, help="Whether speed and memory are measured too.")
@folder_options
def main(
    folder: Folder, output: Output, rates: list[float], only: str, check: bool, plots: Path | None, timed: bool
) -> None:
    """Encode, judge, print, and with --check fail where a bar is missed."""
    folder = folder.only(only)
    rivals = Rivals()
    found = [each for path in folder.files if large_enough(path) for each in likenesses(path, rates, rivals)]
    if not found:
        raise click.ClickException(f"no picture of that name with sides of at least {SMALLEST_SIDE}")
    figures = figures_of(found)
    speeds = timings(folder, found, rates[len(rates) // 2]) if timed else []
    lines = judgement(found, figures, speeds)
    name = folder.path.resolve().name
    tables = [rate_table(name, rate, [each for each in figures if each.rate == rate]) for rate in rates]
    tables += [
        head_table(figures),
        *([speed_table(speeds, rates[len(rates) // 2])] if speeds else []),
        bar_table(lines),
    ]
    absent = [f"No {judge.name}: {judge.absent}." for judge in judges() if judge.absent]
    data = {"pictures": [each.to_dict() for each in found], "speeds": [speed.to_dict() for speed in speeds]}
    output.publish("perceptual", folder, tables, [*NOTES, *absent], data)
    if plots:
        draw(plots, figures)
    missed = [line.text for line in lines if line.missed]
    if check and missed:
        raise click.ClickException("; ".join(missed))


def ours_at(original: Original, rate: float) -> list[Likeness]:
    """Return what this codec makes of a picture: its base picture, and the one for the eye where the file has one."""
    data = LOSSY[OURS].encode(original.samples, rate)
    inside = in_range(level_of(data))
    found: list[Likeness] = []
    shown = views(data)
    for name, picture in shown.items():
        file = File(name, rate, rate, len(data), rate * original.pixels / 8, inside)
        found.append(compared(original, file, picture, shown[BASE] if name == DISPLAY else None))
    return found


class Rivals:
    """The other codecs, which get our bytes; remembers what each was given too much or too little so far."""

    def __init__(self) -> None:
        self._owed: defaultdict[tuple[str, float], float] = defaultdict(float)

    def at(self, original: Original, name: str, rate: float, wanted: int) -> Likeness:
        """Return what a codec makes of a picture in about `wanted` bytes."""
        codec, key = LOSSY[name], (name, rate)
        coded = nearest(codec, original.samples, wanted + self._owed[key])
        at_end = coded.level in (codec.low, codec.high) and abs(coded.size / wanted - 1) > WITHIN
        self._owed[key] += 0 if at_end else wanted - coded.size
        file = File(name, rate, coded.level, coded.size, wanted, not at_end)
        return compared(original, file, codec.decoded(coded.data, original.samples))


def likenesses(path: Path, rates: Sequence[float], rivals: Rivals) -> Iterator[Likeness]:
    """Yield what every codec makes of a picture at every rate."""
    original = Original.of(path.name, read_picture(path).samples)
    for rate in rates:
        ours = ours_at(original, rate)
        yield from ours
        for name in OTHERS:
            yield rivals.at(original, name, rate, ours[0].bytes)
        click.echo(f"{path.name} at {rate}", err=True)


def figures_of(found: Sequence[Likeness]) -> list[Figures]:
    """Return the figures of every codec at every rate."""
    groups: dict[tuple[float, str], list[Likeness]] = {}
    for each in found:
        groups.setdefault((each.rate, each.codec), []).append(each)
    return [Figures.of(group) for group in groups.values()]


def timings(folder: Folder, found: Sequence[Likeness], rate: float) -> list[CodecResult]:
    """Measure speed and memory of every codec, each in a process of its own, at the level that is usual at a rate."""
    files = [path for path in folder.files if large_enough(path)][:TIMED]
    results = []
    for name in (OURS, *OTHERS):
        sizes = [each for each in found if each.codec == name and each.rate == rate]
        level = rate if name == OURS else median(each.level for each in sizes)
        results.append(measure(name, files, threads=available_threads(), level=level))
    return results


if __name__ == "__main__":
    main()

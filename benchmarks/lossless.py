"""Lossless codecs over a folder of pictures: bits, speed, memory, exactness, all measured in one run.

Each codec runs in a process of its own, after a small picture that loads its models and compiled code. Every decoded
picture is compared with its original.
"""

from collections.abc import Sequence

import click

from benchmarks.codecs import BEST, FAST, NAMES, OURS, build
from benchmarks.folder import Folder
from benchmarks.measure import available_threads, measure
from benchmarks.options import Output, folder_options, threads_option
from benchmarks.report import Table
from benchmarks.results import CodecResult

BARS = {OURS: (2.80, 0.6), FAST: (2.84, 1.0), BEST: (2.74, 0.0066)}
"""The bars of `--check`: bits per sub-pixel on Kodak at most, megapixels a second on two cores at least, either way."""

NOTES = [
    "Bits are of whole files, by all sub-pixels of the folder; the mean of files gives each picture the same weight. "
    "Speeds are wall-clock time, one picture after the other, each coded once; CPU seconds are of all threads, for "
    "encoding and decoding one megapixel. Peak memory is the largest resident set of a process that runs this codec "
    "alone, Python and its libraries in it; idle is what it holds before the first picture.",
]


@click.command(help=__doc__)
@click.option("--codecs", default=",".join(NAMES), show_default=True, help="Which, separated by commas.")
@threads_option(lambda: str(available_threads()), "all cores")
@click.option("--check", is_flag=True, help="Fail where a bar of bits or speed is missed, and name it.")
@folder_options
def main(folder: Folder, output: Output, codecs: str, threads: list[int], check: bool) -> None:
    """Measure, print, and fail where a codec was not exact."""
    results = [measured(name, folder, count) for name in chosen(codecs) for count in _useful(name, threads)]
    tables = [_comparison(folder, results), *_layers(results)]
    output.publish("lossless", folder, tables, NOTES, {"results": [result.to_dict() for result in results]})
    failures = [f"{result.label} is not exact: off by {result.worst}" for result in results if not result.within_bound]
    if check:
        failures += _broken_bars([result for result in results if result.threads == threads[-1]])
    if failures:
        raise click.ClickException("; ".join(failures))


def chosen(codecs: str) -> list[str]:
    """Return the names in a list with commas.

    Raises:
        click.BadParameter: one of them is not known.
    """
    names = [name.strip() for name in codecs.split(",")]
    unknown = [name for name in names if name not in NAMES]
    if unknown:
        raise click.BadParameter(f"{', '.join(unknown)}; known are {', '.join(NAMES)}", param_hint="--codecs")
    return names


def _useful(name: str, threads: Sequence[int]) -> list[int]:
    """Return the numbers of threads that make a difference to a codec."""
    return sorted({build(name, threads=count).threads for count in threads})


def measured(name: str, folder: Folder, threads: int, bound: int = 0) -> CodecResult:
    """Measure one codec and say so on standard error, because some take minutes."""
    click.echo(f"{name}{f', bound {bound}' if bound else ''} ...", err=True)
    result = measure(name, folder.files, threads=threads, bound=bound)
    click.echo(f"  {result.bits:.3f} bits per sub-pixel", err=True)
    return result


def _comparison(folder: Folder, results: Sequence[CodecResult]) -> Table:
    speeds, memory = ("encode MP/s", "decode MP/s", "CPU s/MP, both"), ("peak MB", "idle MB")
    headings = ("codec", "bits", "mean of files", *speeds, *memory, "threads", "exact")
    rows = tuple(
        (
            result.label,
            f"{result.bits:.3f}",
            f"{result.mean_bits:.3f}",
            f"{result.encode_speed:.2f}",
            f"{result.decode_speed:.2f}",
            f"{result.cpu_s_per_megapixel:.2f}",
            f"{result.peak_mb:.0f}",
            f"{result.idle_mb:.0f}",
            str(result.threads),
            "yes" if result.within_bound else f"off by {result.worst}",
        )
        for result in results
    )
    return Table(f"{folder.path.resolve().name}, lossless, bits per sub-pixel", headings, rows)


def _layers(results: Sequence[CodecResult]) -> list[Table]:
    """Where this codec's bits and verification time go; nothing where it did not run."""
    headings = ("codec", "base layer bits", "residual layer bits", "frame bits", "whole file bits", "verification MP/s")
    rows = []
    for result in results:
        base, residual, seconds = result.layer_bits("base"), result.layer_bits("residual"), result.verify_s
        if base is None or residual is None or seconds is None:
            continue
        figures = (base, residual, result.bits - base - residual, result.bits)
        rows.append((result.label, *(f"{figure:.4f}" for figure in figures), f"{result.pixels / seconds / 1e6:.2f}"))
    title = "Its parts, bits per sub-pixel; verification decodes both layers again and compares"
    return [Table(title, headings, tuple(rows))] if rows else []


def _broken_bars(results: Sequence[CodecResult]) -> list[str]:
    ours = [result for result in results if result.codec in BARS]
    if not ours:
        return [f"none of {', '.join(BARS)} was measured"]
    found = []
    for result in ours:
        most, least = BARS[result.codec]
        if result.bits > most:
            found.append(f"{result.label}: {result.bits:.3f} bits per sub-pixel, at most {most:.2f} wanted")
        for what, speed in (("encodes", result.encode_speed), ("decodes", result.decode_speed)):
            if speed < least:
                found.append(f"{result.label} {what} {speed:.2f} megapixels/s, at least {least:.2f} wanted")
    return found


if __name__ == "__main__":
    main()

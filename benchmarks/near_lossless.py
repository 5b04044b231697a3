"""Near-lossless codecs over a folder: bits at each bound, and the largest error found in any sample.

JPEG-LS has a near-lossless mode of its own. Quantising the samples first, then coding them without loss, is what every
other codec can do, and usually better.
"""

from collections.abc import Sequence

import click

from benchmarks.folder import Folder
from benchmarks.lossless import chosen, measured
from benchmarks.measure import available_threads
from benchmarks.options import Output, folder_options
from benchmarks.report import Table
from benchmarks.results import CodecResult

BOUNDS = (1, 2, 3, 5, 8)
CODECS = ("hybridcodec", "jpegls", "jxl9")

NOTES = [
    "Bits are of whole files, by all sub-pixels of the folder. Every sample of every decoded picture was compared with "
    "its original; the largest error found stands in brackets.",
]


@click.command(help=__doc__)
@click.option("--codecs", default=",".join(CODECS), show_default=True, help="Which, separated by commas.")
@click.option("--bounds", default=",".join(map(str, BOUNDS)), show_default=True, help="Separated by commas.")
@click.option("--threads", type=click.IntRange(1), default=available_threads, help="For codecs that can. [all cores]")
@folder_options
def main(folder: Folder, output: Output, codecs: str, bounds: str, threads: int) -> None:
    """Measure, print, and fail where a sample was off by more than its bound."""
    limits = [int(bound) for bound in bounds.split(",")]
    results = [[measured(name, folder, threads, bound) for bound in limits] for name in chosen(codecs)]
    everything = [result for row in results for result in row]
    data = {"results": [result.to_dict() for result in everything]}
    output.publish("near_lossless", folder, [_table(folder, limits, results)], NOTES, data)
    failures = [
        f"{result.label}, bound {result.bound}: off by {result.worst}"
        for result in everything
        if not result.within_bound
    ]
    if failures:
        raise click.ClickException("; ".join(failures))


def _table(folder: Folder, bounds: Sequence[int], results: Sequence[Sequence[CodecResult]]) -> Table:
    headings = ("codec", *(f"max error {bound}" for bound in bounds))
    rows = tuple((row[0].label, *(f"{result.bits:.3f} [{result.worst}]" for result in row)) for row in results)
    return Table(f"{folder.path.resolve().name}, near-lossless, bits per sub-pixel", headings, rows)


if __name__ == "__main__":
    main()

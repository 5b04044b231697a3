"""Thousands of generated pictures through the codec, each compared in every sample; any failure ends with exit code 1.

Every picture goes through lossless mode; every k-th also through near-lossless mode at five bounds and through
perceptual mode, whose picture must be the preview in the lossless file and the one left by dropping the residual.
"""

import multiprocessing
import os
import sys
import time
from collections.abc import Iterator
from concurrent.futures import BrokenExecutor, Future, ProcessPoolExecutor, as_completed
from pathlib import Path

import click

from benchmarks.codecs import U8
from benchmarks.machine import this_machine
from benchmarks.measure import THREAD_VARIABLES, available_threads, worst_error
from benchmarks.pictures import LARGEST, picture
from benchmarks.report import about, command_line, write_json, write_section

BOUNDS = (1, 2, 3, 5, 8)


@click.command(help=__doc__)
@click.option("--count", type=click.IntRange(1), default=2000, show_default=True)
@click.option("--seed", default=0, show_default=True)
@click.option("--largest", type=click.IntRange(1), default=LARGEST, show_default=True, help="Longest side.")
@click.option("--every", type=click.IntRange(1), default=5, show_default=True, help="All modes for one in so many.")
@click.option("--jobs", type=click.IntRange(1), default=available_threads, help="Processes. [all cores]")
@click.option("--json", "json_file", type=click.Path(path_type=Path, dir_okay=False), help="Write a summary here.")
@click.option("--results", "results_file", type=click.Path(path_type=Path, dir_okay=False), help="Put it in here.")
def main(
    count: int, seed: int, largest: int, every: int, jobs: int, json_file: Path | None, results_file: Path | None
) -> None:
    """Check all pictures; one line per failure and a summary."""
    start = time.monotonic()
    failures = check_pictures(count, seed, largest, every, jobs)
    summary = (
        f"{count} pictures lossless, {len(range(0, count, every))} of them also near-lossless at "
        f"{', '.join(map(str, BOUNDS))} and perceptual: {len(failures)} failures, {time.monotonic() - start:.0f} s"
    )
    click.echo(summary)
    if json_file:
        found = {"command": command_line("roundtrip"), "summary": summary, "failures": failures}
        write_json(json_file, this_machine(), found)
    if results_file:
        write_section(results_file, "roundtrip", [], [f"{summary}.", about("roundtrip", this_machine())])
    sys.exit(1 if failures else 0)


def check_pictures(count: int, seed: int, largest: int, every: int, jobs: int) -> list[str]:
    """Check `count` pictures in `jobs` processes; prints and returns one line per failure."""
    os.environ.update(dict.fromkeys(THREAD_VARIABLES, "1"))
    failures = []
    with ProcessPoolExecutor(jobs, mp_context=multiprocessing.get_context("spawn")) as pool:
        futures = {pool.submit(check_picture, k, seed, largest, k % every == 0): k for k in range(count)}
        for done, future in enumerate(as_completed(futures), 1):
            for failure in _failures(future, futures[future]):
                failures.append(failure)
                click.echo(failure)
            if done % 100 == 0:
                click.echo(f"{done} of {count}, {len(failures)} failures", err=True)
    return failures


def check_picture(index: int, seed: int, largest: int, all_modes: bool) -> list[str]:
    """Return what is wrong with how the codec treats one generated picture; nothing when all is well."""
    from hybridcodec.codec import decode, encode

    generated = picture(index, seed, largest=largest)
    lossless = encode(generated.samples)
    worst = worst_error(generated.samples, decode(lossless))
    found = [f"lossless is off by {worst}"] if worst else []
    if all_modes:
        found += [*_near_lossless(generated.samples), *_previews(generated.samples, lossless)]
    return [f"{generated.name}, seed {seed}: {problem}" for problem in found]


def _near_lossless(samples: U8) -> Iterator[str]:
    from hybridcodec.codec import decode, encode
    from hybridcodec.modes import Mode

    for bound in BOUNDS:
        worst = worst_error(samples, decode(encode(samples, mode=Mode.NEAR_LOSSLESS, max_error=bound)))
        if worst > bound:
            yield f"near-lossless at {bound} is off by {worst}"


def _previews(samples: U8, lossless: bytes) -> Iterator[str]:
    from hybridcodec.codec import decode, encode, extract, read_info
    from hybridcodec.modes import Layer, Mode

    small = encode(samples, mode=Mode.PERCEPTUAL)
    preview, shown = decode(small, layer=Layer.BASE), decode(small, layer=Layer.PERCEPTUAL)
    if not preview.shape == shown.shape == samples.shape:
        yield f"the perceptual picture has shape {preview.shape}"
    if not read_info(lossless).base_hash:  # it would have cost more than it is worth
        return
    for name, data in (("lossless file", lossless), ("extracted file", extract(lossless))):
        if read_info(lossless).base_scale:
            decode(data, layer=Layer.PERCEPTUAL)
            continue
        worst = worst_error(preview, decode(data, layer=Layer.PERCEPTUAL))
        if worst:
            yield f"the preview of the {name} is off by {worst} from the perceptual file's"


def _failures(future: Future[list[str]], index: int) -> list[str]:
    error = future.exception()
    if isinstance(error, BrokenExecutor):
        raise click.ClickException("a worker process died, perhaps for want of memory; try fewer --jobs")
    return future.result() if error is None else [f"picture {index}: {type(error).__name__}: {error}"]


if __name__ == "__main__":
    main()

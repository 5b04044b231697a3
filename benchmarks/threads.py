"""What a second thread is worth to a picture of eight tiles: seconds of decoding by one and by two, in turns.

    python -m benchmarks.threads --runs 9

Every coder of the exact layer decodes its tiles in this process. Wall seconds are the least of the runs, since others
may use the machine too; the medians stand beside them, with CPU seconds and the load. The bar is 1.85 for every coder
whose kernels do the work.
"""

import os
import statistics
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any, Final

import click
import numpy as np
from numpy.typing import NDArray

from benchmarks.machine import this_machine
from benchmarks.report import Table, about, show
from hybridcodec.loading import load_residual
from hybridcodec.machine.threads import SHARED_STEPS
from hybridcodec.models import residual_for
from hybridcodec.residual import Ground, Quantiser, decode_residual, encode_residual
from hybridcodec.residual.coders import CODERS
from hybridcodec.tiling import Tiling

BAR: Final = 1.85
TILES: Final = 8
SUBJECTS: Final = (("adaptive", 3, 255), ("wide", 1, 4095), ("page", 1, 1), ("index", 3, 255))
"""Coder, channels, largest value."""

_DRAWN: Final = {"page": (192, 1024), "index": (128, 1024)}
_TILE: Final = (144, 192)
"""Rows and columns; eight tiles of fewer rows in all than `SHARED_STEPS` would get one thread."""
_OTHERS: Final = (1, 2)


@dataclass
class Times:
    """Wall and CPU seconds of runs, by how many threads there were."""

    wall: dict[int, list[float]] = field(default_factory=lambda: {n: [] for n in _OTHERS})
    cpu: dict[int, list[float]] = field(default_factory=lambda: {n: [] for n in _OTHERS})

    def gain(self, of: Callable[[list[float]], float]) -> float:
        """How much faster two threads are than one."""
        return of(self.wall[1]) / of(self.wall[2])

    @property
    def dearer(self) -> float:
        """CPU of two threads by that of one."""
        return min(self.cpu[2]) / min(self.cpu[1])


def subject(name: str, channels: int, top: int) -> Callable[[], object]:
    """Eight tiles of a coder, and what decodes them."""
    coder = next(coder for coder in CODERS if coder.name == name)
    height, width = _DRAWN.get(name, _TILE)
    tiling = Tiling(2 * height, TILES // 2 * width, height, width)
    samples = drawn(tiling.height, tiling.width, channels, top, flat=name in _DRAWN)
    quantiser = Quantiser(0, 0, top, samples.dtype.str[1:])
    base = (samples // 2 + 50).astype(np.uint8) if coder.needs_base else None
    model = load_residual(residual_for(coder.architecture)) if coder.architecture else None
    ground, models = Ground(channels, quantiser, base, model), {coder.architecture: model}
    tiles = encode_residual(samples, ground, coder, tiling)
    assert len(tiles) == TILES
    assert TILES * height >= SHARED_STEPS
    return lambda: decode_residual(tiles, ground, models, tiling)


def drawn(height: int, width: int, channels: int, top: int, *, flat: bool) -> NDArray[Any]:
    """Waves with noise, or letters' strokes on a ground, (height, width, channels)."""
    rng = np.random.default_rng(0)
    rows, columns = np.mgrid[:height, :width]
    waves = np.stack([np.sin(columns / (9 + c)) + np.cos(rows / (7 + c)) for c in range(channels)], 2)
    if flat:
        strokes = rng.random((height, width, 1)) < 0.01 * (1 + np.sin(rows / 3))[..., None]
        samples = np.where(strokes | np.roll(strokes, 1, 0) | np.roll(strokes, 2, 0), 0, top)
        samples = np.broadcast_to(samples, waves.shape)
    else:
        samples = (0.5 + 0.2 * waves) * top + rng.normal(0, 0.02 * top, waves.shape)
    return np.clip(samples, 0, top).astype(np.uint8 if top < 256 else np.uint16)


def measured(work: Callable[[], object], runs: int) -> Times:
    """Times of one and of two threads by turns; both ran once before."""
    times, before = Times(), os.environ.get("HYBRIDCODEC_THREADS")
    try:
        for run in range(runs + 1):
            for threads in _OTHERS:
                os.environ["HYBRIDCODEC_THREADS"] = str(threads)
                wall, cpu = time.monotonic(), time.process_time()
                work()
                if run:
                    times.wall[threads].append(time.monotonic() - wall)
                    times.cpu[threads].append(time.process_time() - cpu)
    finally:
        os.environ.pop("HYBRIDCODEC_THREADS", None)
        if before is not None:
            os.environ["HYBRIDCODEC_THREADS"] = before
    return times


def row(name: str, times: Times) -> tuple[str, ...]:
    """Cells of a coder."""
    least = [f"{min(times.wall[threads]):.3f}" for threads in _OTHERS]
    gains = [f"{times.gain(of):.2f}" for of in (min, statistics.median)]
    return (name, *least, *gains, f"{times.dearer:.2f}")


@click.command(help=__doc__)
@click.option("--runs", type=click.IntRange(1), default=9, show_default=True, help="Of each number of threads.")
@click.option("--check", is_flag=True, help="Fail where the bar is missed by the least times.")
def main(runs: int, check: bool) -> None:
    """Measure, print, and with --check fail where the bar is missed."""
    found = {name: measured(subject(name, *kind), runs) for name, *kind in SUBJECTS}
    headings = ("coder", "s, 1 thread", "s, 2 threads", "gain", "gain of medians", "CPU, 2 by 1")
    rows = tuple(row(name, times) for name, times in found.items())
    load = f"Load averages {', '.join(f'{load:.2f}' for load in os.getloadavg())}."
    show([Table("Eight tiles, one thread and two", headings, rows)], [load, about("threads", this_machine())])
    missed = [name for name, times in found.items() if times.gain(min) < BAR]
    if check and missed:
        raise click.ClickException(f"below {BAR}: {', '.join(missed)}")


if __name__ == "__main__":
    main()

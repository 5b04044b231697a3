"""Two decoders, ours and the one beside it, on the pictures of a folder and on generated ones of every kind.

    python -m benchmarks.backends ../shared/data/bench/kodak --generated 2000

Every picture is encoded, and its file read by both backends: all layers of all pictures must be the same, and the exact
ones those that were encoded. Generated files hold 1 to 16 bits, signs, opacity, palettes, two frames, near-lossless
samples. Ends with 1 where anything differs.
"""

import sys
import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

import click
import numpy as np
from numpy.typing import NDArray

from benchmarks.folder import find_pictures
from benchmarks.machine import this_machine
from benchmarks.pictures import picture as generated_picture
from benchmarks.report import about
from hybridcodec import codec
from hybridcodec.errors import HybridcodecError
from hybridcodec.image import Layer, Picture, require_within
from hybridcodec.kinds import GRAY, INDEXED, RGB, Palette, Role, SampleKind
from hybridcodec.modes import Backend
from hybridcodec.options import Options
from hybridcodec.sources.reading import read_document

LARGEST: Final = 72
"""Longest side of a generated picture."""
FINE: Final = 3
"""One in so many has noise below the steps that its 8 bits leave, and so on for what else differs from file to file."""

_ALPHA: Final = Role.ALPHA
KINDS: Final = (
    *(SampleKind(GRAY, bits) for bits in (1, 4, 8, 10, 12, 16)),
    *(SampleKind(GRAY, bits, signed=True) for bits in (8, 12, 16)),
    *(SampleKind((*GRAY, _ALPHA), bits) for bits in (8, 16)),
    *(SampleKind(RGB, bits) for bits in (1, 8, 8, 12, 16)),
    *(SampleKind((*RGB, _ALPHA), bits) for bits in (8, 16)),
    *(SampleKind((Role.OTHER,) * channels, 12, signed=True) for channels in (2, 4)),
    *(SampleKind(INDEXED, bits, palette=Palette(3, 8, bytes(n % 256 for n in range(3 << bits)))) for bits in (4, 8)),
)


@dataclass(frozen=True)
class Subject:
    """Pictures of one file, and how they are encoded."""

    name: str
    pictures: Sequence[Picture]
    max_error: int = 0
    options: Options = Options()  # noqa: RUF009 - frozen

    def problem(self) -> str:
        """What is wrong with what the decoders give back; empty where nothing is."""
        mode = "near-lossless" if self.max_error else "lossless"
        try:
            data = codec.encode_album(self.pictures, mode=mode, max_error=self.max_error, options=self.options)
            ours, theirs = (list(codec.decode_each(data, backend=backend)) for backend in Backend)
            for picture, found, again in zip(self.pictures, ours, theirs, strict=True):
                require_within(picture.samples, found.samples, self.max_error)
                require_within(found.samples, again.samples, 0)
            for number in range(len(ours)):
                if ours[number].info.base_hash:
                    one, other = (_preview(data, number, backend) for backend in Backend)
                    require_within(one, other, 0)
        except HybridcodecError as error:
            return f"{self.name}: {type(error).__name__}: {error}"
        return ""


def _preview(data: bytes, number: int, backend: Backend) -> NDArray[Any]:
    only = number if codec.read_info(data).pictures > 1 else None
    return codec.decode(data, layer=Layer.PERCEPTUAL, picture=only, backend=backend)


def generated(number: int, seed: int) -> Subject:
    """The file of this number: kinds come in turn, contents too, since their counts have no common divisor."""
    rng, kind = np.random.default_rng((seed, number, 1)), KINDS[number % len(KINDS)]
    made = generated_picture(number, seed, largest=LARGEST)
    frames = [_frame(made.samples, kind, rng, fine=number % FINE == 0)]
    if number % 5 == 0:
        noise = rng.integers(0, 2, frames[0].shape)
        frames.append(np.clip(frames[0].astype(np.int64) + noise, kind.low, kind.high).astype(kind.dtype))
    near = number % 7 == 0 and kind.palette is None and kind.bit_depth > 1
    pictures = [Picture.of(samples, kind) for samples in frames]
    return Subject(f"{made.name}, {kind}", pictures, 2 if near else 0, Options(matching=number % 2 == 0))


def _frame(samples: NDArray[np.uint8], kind: SampleKind, rng: np.random.Generator, *, fine: bool) -> NDArray[Any]:
    """Samples of 8 bits as ones of another kind (H, W, C)."""
    planes = samples.reshape(*samples.shape[:2], -1)
    planes = planes[..., np.arange(kind.channels) % planes.shape[2]].astype(np.int64)
    scaled = planes * (kind.high - kind.low) // 255
    if fine and kind.bit_depth > 8:
        scaled += rng.integers(0, 1 << (kind.bit_depth - 8), scaled.shape)
    return np.clip(scaled + kind.low, kind.low, kind.high).astype(kind.dtype)


def subjects(folder: Path | None, count: int, seed: int) -> Iterator[Subject]:
    """Files of a folder's pictures, each with all that it holds, then generated ones."""
    for path in find_pictures(folder).files if folder else ():
        yield Subject(path.name, list(read_document(path.read_bytes()).pictures))
    yield from (generated(number, seed) for number in range(count))


@click.command(help=__doc__)
@click.argument("folder", required=False, type=click.Path(exists=True, file_okay=False, path_type=Path))
@click.option("--generated", "count", type=click.IntRange(0), default=2000, show_default=True, help="Files.")
@click.option("--seed", type=int, default=0, show_default=True)
def main(folder: Path | None, count: int, seed: int) -> None:
    """Read every file twice; one line a problem, and a summary."""
    started, files, pictures, problems = time.process_time(), 0, 0, 0
    for subject in subjects(folder, count, seed):
        problem = subject.problem()
        files, pictures, problems = files + 1, pictures + len(subject.pictures), problems + bool(problem)
        if problem:
            click.echo(problem)
        if files % 100 == 0:
            click.echo(f"{files} files, {problems} problems", err=True)
    seconds = time.process_time() - started
    click.echo(f"{files:,} files of {pictures:,} pictures: {problems} problems, {seconds:.0f} s of CPU")
    click.echo(about("backends", this_machine()))
    sys.exit(1 if problems else 0)


if __name__ == "__main__":
    main()

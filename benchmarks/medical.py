"""Medical pictures by modality: bits a sample of whole files beside what others make of them, seconds, exactness.

    python -m benchmarks.medical ../shared/data/bench/medical --check --results docs/results.md

FOLDER holds DICOM files. Ours are whole .hyc files of a file's pictures, preview and container in them. Others get the
same samples, picture by picture, from 0 on where some are negative, and are told how many bits there are where they
take that; their bytes are those of the bare stream. Means are of files, so that each file has the same weight.
"""

import time
from collections.abc import Callable
from dataclasses import asdict, dataclass, replace
from functools import partial
from io import BytesIO
from pathlib import Path
from typing import Any, Final

import click
import numpy as np
import zstandard
from numpy.typing import NDArray

from benchmarks.codecs import others
from benchmarks.folder import Folder
from benchmarks.options import Output
from benchmarks.report import Table
from hybridcodec.codec import decode_each, encode_album
from hybridcodec.errors import HybridcodecError
from hybridcodec.image import Picture
from hybridcodec.sources.reading import read_document

Samples = NDArray[Any]
Encode = Callable[[Samples], Any]
NOTE: Final = "Bits a sample, means of files. Seconds are of CPU, for a million samples, ours, all trials of encoding."


@dataclass(frozen=True)
class Bar:
    """By whose mean a modality's is measured, what it must be at most, and what it should be."""

    rival: str
    must: float
    goal: float


BARS: Final = {
    "CT": Bar("jxl9", 0.96, 0.93),
    "MR": Bar("jxl7", 0.96, 0.92),
    **dict.fromkeys(("CR", "DX", "MG", "NM", "US", "XA"), Bar("jxl9", 1.00, 0.97)),
}
"""By modality; others have none."""
SMALL: Final = 40
SECONDS: Final = (12.0, 3.0)
"""Of decoding a million samples: must, goal."""


@dataclass(frozen=True)
class Measured:
    """One file: bits a sample by codec, NaN where it does not take them; seconds a million samples of ours."""

    name: str
    modality: str
    samples: int
    bits: dict[str, float]
    encode_s: float
    decode_s: float
    exact: bool


def rivals() -> dict[str, Encode]:
    """Return the other codecs: samples (H, W) or (H, W, 3), uint8 or uint16, to bytes."""
    imagecodecs = others()

    jpeg_xl = partial(imagecodecs.jpegxl_encode, lossless=True, numthreads=1)
    return {
        "jxl7": partial(jpeg_xl, effort=7),
        "jxl9": partial(jpeg_xl, effort=9),
        "jpegls": _jpeg_ls,
        "jpeg2000": lambda samples: imagecodecs.jpeg2k_encode(
            samples, level=0, reversible=True, bitspersample=_bits(samples)
        ),
        "htj2k": partial(imagecodecs.htj2k_encode, reversible=True),
        "zstd": lambda samples: zstandard.ZstdCompressor(19).compress(samples.tobytes()),
    }


def _jpeg_ls(samples: Samples) -> bytes:
    import jpeg_ls

    channels, interleaved = (samples.shape[2], 1) if samples.ndim > 2 else (1, 0)
    return bytes(jpeg_ls.encode_buffer(samples.tobytes(), *samples.shape[:2], channels, _bits(samples), 0, interleaved))


def _bits(samples: Samples) -> int:
    return max(2, int(samples.max()).bit_length())


def measured(path: Path, frames: int | None, others: dict[str, Encode]) -> Measured | str:
    """Measure one file; a text says why it is not read."""
    import pydicom

    stored = path.read_bytes()
    try:
        document = read_document(stored)
        pictures = list(document.pictures)[:frames]
    except HybridcodecError as error:
        return str(error)
    small = encode_album([replace(pictures[0], samples=pictures[0].samples[:SMALL, :SMALL])])
    list(decode_each(small))  # by now models and compiled code are loaded
    count, started = sum(picture.samples.size for picture in pictures), time.process_time()
    data = encode_album(pictures)
    encoded = time.process_time()
    found = [one.samples for one in decode_each(data)]
    decoded = time.process_time()
    exact = all(np.array_equal(a.samples, b) for a, b in zip(pictures, found, strict=True))
    bits = {"ours": 8 * len(data) / count}
    for name, encode in others.items():
        bits[name] = 8 * sum(_bytes(encode, picture) for picture in pictures) / count
    modality = str(pydicom.dcmread(BytesIO(stored), stop_before_pixels=True, force=True).get("Modality", "none"))
    seconds = 1e6 * (encoded - started) / count, 1e6 * (decoded - encoded) / count
    return Measured(path.name, modality, count, bits, *seconds, exact)


def _bytes(encode: Encode, picture: Picture) -> float:
    """Bytes of another codec, NaN where it does not take such samples."""
    samples = picture.samples.astype(np.int32)
    samples -= min(0, int(samples.min()))
    samples = samples.astype(np.uint8 if picture.kind.bit_depth <= 8 else np.uint16)
    samples = np.ascontiguousarray(samples[..., 0] if samples.shape[2] == 1 else samples)
    try:
        return len(encode(samples))
    except Exception:  # noqa: BLE001 - each library has errors of its own
        return float("nan")


def judged(files: list[Measured]) -> tuple[list[Table], list[str]]:
    """Return the tables of sizes and of bars, and the bars that are broken."""
    names, sizes, bars = list(files[0].bits), [], []
    broken = [f"{file.name} is not exact" for file in files if not file.exact]
    for modality in sorted({file.modality for file in files}):
        own = [file for file in files if file.modality == modality]
        means = {name: float(np.mean([file.bits[name] for file in own])) for name in names}
        times = [float(np.mean([getattr(file, way) for file in own])) for way in ("encode_s", "decode_s")]
        sizes.append(
            (modality, str(len(own)), *(f"{means[name]:.3f}" for name in names), *(f"{time:.1f}" for time in times))
        )
        if modality not in BARS:
            continue
        bar = BARS[modality]
        ratio = means["ours"] / means.get(bar.rival, float("nan"))
        met = "goal" if ratio <= bar.goal else "must" if ratio <= bar.must else "no"
        bars.append((modality, bar.rival, f"{ratio:.3f}", f"{bar.must:.2f}", f"{bar.goal:.2f}", met))
        if ratio > bar.must:
            broken.append(f"{modality}: {ratio:.3f} of {bar.rival}, the bar is {bar.must:.2f}")
        if times[1] > SECONDS[0]:
            broken.append(f"{modality}: {times[1]:.1f} s to decode a million samples, the bar is {SECONDS[0]:.0f}")
    return [
        Table("Medical pictures", ("modality", "files", *names, "encode s/M", "decode s/M"), tuple(sizes)),
        Table("Ours by the other", ("modality", "by", "ratio", "must", "goal", "met"), tuple(bars)),
    ], broken


@click.command(help=__doc__)
@click.argument("folder", type=click.Path(exists=True, file_okay=False, path_type=Path))
@click.option("--frames", type=click.IntRange(1), help="Most of a file. [all]")
@click.option("--without", multiple=True, help="Leave another codec out.")
@click.option("--only", multiple=True, help="Files whose names begin so, such as `us`.")
@click.option("--check", is_flag=True, help="Fail where a modality is above its bar.")
@click.option("--results", "results_file", type=click.Path(path_type=Path), help="Put the tables into this file.")
@click.option("--json", "json_file", type=click.Path(path_type=Path), help="Write everything to this file.")
def main(
    folder: Path,
    frames: int | None,
    without: tuple[str, ...],
    only: tuple[str, ...],
    check: bool,
    results_file: Path | None,
    json_file: Path | None,
) -> None:
    """Measure, print, and fail where something is not exact."""
    others = {name: encode for name, encode in rivals().items() if name not in without}
    files, refused, paths = [], [], sorted(path for path in folder.iterdir() if path.suffix != ".md")
    for path in paths:
        if only and not path.name.startswith(only):
            continue
        one = measured(path, frames, others)
        if isinstance(one, str):
            refused.append(f"{path.name}: {one}")
            continue
        files.append(one)
        sizes = " ".join(f"{name} {bits:.3f}" for name, bits in one.bits.items())
        click.echo(f"{one.name}: {one.modality}, {one.samples:,} samples, {sizes}")
    tables, broken = judged(files)
    found = {"files": [asdict(file) for file in files], "broken": broken}
    Output(json_file, results_file).publish(
        "medical", Folder(folder, tuple(paths), tuple(refused)), tables, [NOTE], found
    )
    if broken and (check or any("exact" in line for line in broken)):
        raise click.ClickException("; ".join(broken))


if __name__ == "__main__":
    main()

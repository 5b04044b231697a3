"""Medical pictures by modality: bits a sample of whole files beside what others make of them, seconds, exactness.

    python -m benchmarks.medical ../shared/data/bench/medical --check

FOLDER holds DICOM files. Ours are whole .hyc files of a file's pictures, preview and container in them, at most
`--frames` of each file. Others get the same samples, from 0 on where they are signed; their bytes are those of the bare
stream. Means are of files, so that each file has the same weight.
"""

import time
from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from io import BytesIO
from pathlib import Path
from typing import Any, Final

import click
import numpy as np
import zstandard
from numpy.typing import NDArray

from hybridcodec.codec import decode_each, encode_album
from hybridcodec.errors import HybridcodecError
from hybridcodec.image import Picture
from hybridcodec.sources.reading import read_document

Samples = NDArray[Any]
Encode = Callable[[Samples], Any]
MOST: Final = {"CT": ("jxl9", 0.96), "MR": ("jxl7", 0.96)}
"""Modality -> by whose mean the bar is, and its factor; all others: JPEG XL at effort 9, 1.00."""
OTHERS: Final = ("jxl9", 1.00)


@dataclass(frozen=True)
class Measured:
    """One file: bits a sample by codec, 0 where a codec does not take it; seconds a million samples of ours."""

    name: str
    modality: str
    samples: int
    bits: dict[str, float]
    encode_s: float
    decode_s: float
    exact: bool


def rivals() -> dict[str, Encode]:
    """Return the other codecs: samples (H, W) or (H, W, 3), uint8 or uint16, to bytes."""
    import imagecodecs

    jpeg_xl = partial(imagecodecs.jpegxl_encode, lossless=True, numthreads=1)
    return {
        "jxl7": partial(jpeg_xl, effort=7),
        "jxl9": partial(jpeg_xl, effort=9),
        "jpegls": imagecodecs.jpegls_encode,
        "jpeg2000": partial(imagecodecs.jpeg2k_encode, level=0, reversible=True),
        "zstd": lambda samples: zstandard.ZstdCompressor(19).compress(samples.tobytes()),
    }


def measured(path: Path, frames: int, others: dict[str, Encode]) -> Measured | str:
    """Measure one file; a text says why it is not read."""
    import pydicom

    stored = path.read_bytes()
    try:
        document = read_document(stored)
        pictures = [document.pictures[n] for n in range(min(frames, len(document.pictures)))]
    except HybridcodecError as error:
        return str(error)
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
    samples = picture.samples.astype(np.int32) - picture.kind.low
    samples = samples.astype(np.uint8 if picture.kind.bit_depth <= 8 else np.uint16)
    samples = np.ascontiguousarray(samples[..., 0] if samples.shape[2] == 1 else samples)
    try:
        return len(encode(samples))
    except Exception:  # noqa: BLE001 - each library has errors of its own
        return float("nan")


def report(files: list[Measured]) -> list[str]:
    """Print a line a modality; return the bars that are broken."""
    broken = [f"{file.name} is not exact" for file in files if not file.exact]
    names = list(files[0].bits)
    print("| modality | files | " + " | ".join(names) + " | by | ratio | bar | encode, decode s a million |")
    print("|---" * (len(names) + 6) + "|")
    for modality in sorted({file.modality for file in files}):
        own = [file for file in files if file.modality == modality]
        means = {name: float(np.mean([file.bits[name] for file in own])) for name in names}
        rival, factor = MOST.get(modality, OTHERS)
        ratio = means["ours"] / means.get(rival, float("nan"))
        seconds = ", ".join(
            f"{np.mean([getattr(file, f'{way}_s') for file in own]):.1f}" for way in ("encode", "decode")
        )
        cells = " | ".join(f"{means[name]:.3f}" for name in names)
        print(f"| {modality} | {len(own)} | {cells} | {rival} | {ratio:.3f} | {factor:.2f} | {seconds} |")
        if ratio > factor:
            broken.append(f"{modality}: {ratio:.3f} of {rival}, the bar is {factor:.2f}")
    return broken


@click.command(help=__doc__)
@click.argument("folder", type=click.Path(exists=True, file_okay=False, path_type=Path))
@click.option("--frames", type=click.IntRange(1), default=4, show_default=True, help="Most of a file.")
@click.option("--without", multiple=True, help="Leave another codec out.")
@click.option("--check", is_flag=True, help="Fail where a modality is above its bar.")
def main(folder: Path, frames: int, without: tuple[str, ...], check: bool) -> None:
    """Measure, print, and fail where something is not exact."""
    others = {name: encode for name, encode in rivals().items() if name not in without}
    found = {path.name: measured(path, frames, others) for path in sorted(folder.iterdir()) if path.suffix != ".md"}
    files = [one for one in found.values() if isinstance(one, Measured)]
    for file in files:
        sizes = " ".join(f"{name} {bits:.3f}" for name, bits in file.bits.items())
        print(f"{file.name}: {file.modality}, {file.samples:,} samples, {sizes}")
    for name, why in found.items():
        if isinstance(why, str):
            print(f"{name}: not read: {why}")
    broken = report(files)
    if broken and (check or any("exact" in line for line in broken)):
        raise click.ClickException("; ".join(broken))


if __name__ == "__main__":
    main()

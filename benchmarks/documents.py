"""Documents by class: bytes of whole files beside the best that others make of them, seconds, exactness.

DATA has a folder `documents` with one folder a class. Every decoded picture is compared with its original. Others get
the colours of a palette, not their numbers; their bytes are those of the bare stream.
"""

import time
from collections.abc import Callable
from dataclasses import asdict, dataclass, replace
from functools import partial
from pathlib import Path
from typing import Any, Final

import click
import numpy as np
import zstandard
from numpy.typing import NDArray

from benchmarks import bilevel
from benchmarks.codecs import others
from benchmarks.folder import Folder
from benchmarks.options import Output
from benchmarks.report import Table
from hybridcodec.codec import decode, decode_picture, encode
from hybridcodec.image import Picture
from hybridcodec.modes import Preview
from hybridcodec.options import Options
from hybridcodec.sources import read_document
from hybridcodec.warming import warm

U8 = NDArray[np.uint8]


@dataclass(frozen=True)
class Rival:
    """Another format: `encode` takes uint8 (H, W) or (H, W, C), `decode` gives its samples in any shape."""

    label: str
    encode: Callable[[U8], Any]
    decode: Callable[[bytes], NDArray[Any]]


@dataclass(frozen=True)
class Class:
    """A kind of documents: who codes it, and the bars of `--check`, bytes of all and seconds a million samples.

    `most_matching` is the bar of a second try, with matching allowed.
    """

    rivals: tuple[str, ...]
    most_bytes: int
    most_seconds: float
    none_above: str = ""
    most_matching: int = 0


@dataclass(frozen=True)
class Row:
    """What a codec made of a class: bytes of each file, seconds of CPU, whether all came back."""

    label: str
    sizes: tuple[int, ...]
    encode_s: float
    decode_s: float
    exact: bool

    @property
    def total(self) -> int:
        """Bytes of all files."""
        return sum(self.sizes)


CLASSES: Final = {
    "screens": Class(("png", "webp", "jxl7", "jxl9", "zstd"), 402_000, 6.0, "webp"),
    "bilevel": Class(("png1", "webp", "jxl7", "jxl9", "zstd", "g4", "jbig1", "jb2"), 800_000, 1.0, "", 713_450),
}
"""By the name of the folder; for one more, add a line."""
NOTE: Final = (
    "Seconds are of CPU, for a million samples as the picture has them; those of other programs are not counted. "
    "Ours are whole files, preview included."
)


def _rivals() -> dict[str, Rival]:
    imagecodecs = others()

    webp = partial(imagecodecs.webp_encode, lossless=True, level=100, method=6, numthreads=1)
    return {
        "png": Rival("PNG, level 9", partial(imagecodecs.png_encode, level=9), imagecodecs.png_decode),
        "webp": Rival("WebP lossless, method 6", lambda samples: webp(_coloured(samples)), imagecodecs.webp_decode),
        **{f"jxl{effort}": _jpeg_xl(imagecodecs, effort) for effort in (7, 9)},
        **{key: Rival(*parts[:3]) for key, parts in bilevel.RIVALS.items() if bilevel.installed(parts[3])},
        "zstd": Rival(
            "Zstandard, level 19",
            lambda samples: zstandard.ZstdCompressor(19).compress(samples.tobytes()),
            lambda data: np.frombuffer(zstandard.ZstdDecompressor().decompress(data), np.uint8),
        ),
    }


def _jpeg_xl(library: Any, effort: int) -> Rival:
    encode_ = partial(library.jpegxl_encode, lossless=True, effort=effort, numthreads=1)
    return Rival(f"JPEG XL, effort {effort}", encode_, partial(library.jpegxl_decode, numthreads=1))


def _coloured(samples: U8) -> U8:
    """WebP has colours only."""
    return samples if samples.ndim == 3 else np.repeat(samples[..., None], 3, axis=2)


def colours(picture: Picture) -> U8:
    """Return what a picture shows as uint8: (H, W) where it is gray, else (H, W, 3) or (H, W, 4).

    Raises:
        ValueError: it has more than 8 bits, or gray with opacity.
    """
    kind, samples = picture.kind, picture.samples
    if kind.palette:
        entries = np.frombuffer(kind.palette.entries, "<u2" if kind.palette.bits > 8 else "u1")
        samples = entries.reshape(-1, kind.palette.channels)[samples[..., 0]]
    elif kind.bit_depth <= 8:
        samples = (samples.astype(np.uint16) * 255 // kind.high).astype(np.uint8)
    if samples.dtype != np.uint8 or samples.shape[2] == 2:
        raise ValueError(f"others are not measured on {kind}")
    if samples.shape[2] == 4 and (samples[..., 3] == 255).all():
        samples = samples[..., :3]
    return np.ascontiguousarray(samples[..., 0] if samples.shape[2] == 1 else samples)


def ours(pictures: list[Picture], *, matching: bool = False) -> Row:
    """Encode and decode with this codec, models loaded and all code compiled before."""
    options = Options(matching=matching)
    warm()
    small = replace(pictures[0], samples=pictures[0].samples[:64, :64])
    decode(encode(small, options=replace(options, preview=Preview.FULL)), layer="base")
    row = Row("hybridcodec, matching allowed" if matching else "hybridcodec", (), 0.0, 0.0, exact=True)
    for picture in pictures:
        started = time.process_time()
        data = encode(picture, options=options)
        encoded = time.process_time()
        found = decode_picture(data)
        row = _added(row, len(data), (encoded - started, time.process_time() - encoded))
        same = found.kind == picture.kind and np.array_equal(found.samples, picture.samples)
        row = replace(row, exact=row.exact and same)
    return row


def theirs(rival: Rival, pictures: list[Picture]) -> Row:
    """Encode and decode with another codec."""
    row = Row(rival.label, (), 0.0, 0.0, exact=True)
    for samples in map(colours, pictures):
        started = time.process_time()
        data = rival.encode(samples)
        encoded = time.process_time()
        found = rival.decode(data)
        row = _added(row, len(data), (encoded - started, time.process_time() - encoded))
        expected = samples if found.size == samples.size else _coloured(samples)
        row = replace(row, exact=row.exact and np.array_equal(found.ravel(), expected.ravel()))
    return row


def _added(row: Row, size: int, seconds: tuple[float, float]) -> Row:
    return replace(
        row,
        sizes=(*row.sizes, size),
        encode_s=row.encode_s + seconds[0],
        decode_s=row.decode_s + seconds[1],
    )


@click.command(help=__doc__)
@click.argument("data", type=click.Path(path_type=Path, exists=True, file_okay=False))
@click.option("--class", "name", type=click.Choice(list(CLASSES)), default="screens", show_default=True)
@click.option("--without", multiple=True, help="A rival that is left out, since some take minutes.")
@click.option("--check", is_flag=True, help="Fail where a bar is missed.")
@click.option("--results", "results_file", type=click.Path(path_type=Path), help="Put the tables into this file.")
@click.option("--json", "json_file", type=click.Path(path_type=Path), help="Write everything to this file.")
def main(
    data: Path, name: str, without: tuple[str, ...], check: bool, results_file: Path | None, json_file: Path | None
) -> None:
    """Measure a class, print, and fail where a codec was not exact."""
    wanted = CLASSES[name]
    files = tuple(sorted(file for file in (data / "documents" / name).iterdir() if file.suffix != ".md"))
    pictures = [next(iter(read_document(file).pictures)) for file in files]
    chosen = {key: rival for key, rival in _rivals().items() if key in wanted.rivals and key not in without}
    own = ours(pictures)
    matched = [ours(pictures, matching=True)] if wanted.most_matching else []
    rows = {key: theirs(rival, pictures) for key, rival in chosen.items()}
    samples = sum(picture.samples.size for picture in pictures)
    table = _table(f"{name}, {len(files)} files", [own, *matched, *rows.values()], samples)
    Output(json_file, results_file).publish(
        "documents",
        Folder(data / "documents" / name, files, ()),
        [table],
        [NOTE, *(f"Not installed: {bilevel.RIVALS[key][3]}." for key in wanted.rivals if key not in _rivals())],
        {"rows": [asdict(row) for row in (own, *matched, *rows.values())]},
    )
    failures = [f"{row.label} is not exact" for row in (own, *matched, *rows.values()) if not row.exact]
    if check:
        failures += missed(wanted, own, rows, samples)
        allowed = replace(wanted, most_bytes=wanted.most_matching)
        failures += [f"with matching: {what}" for row in matched for what in missed(allowed, row, rows, samples)]
    if failures:
        raise click.ClickException("; ".join(failures))


def missed(wanted: Class, own: Row, rows: dict[str, Row], samples: int) -> list[str]:
    """Say which bars of a class are missed."""
    found = []
    if own.total > wanted.most_bytes:
        found.append(f"{own.total:,} bytes, expected at most {wanted.most_bytes:,}")
    if wanted.none_above in rows:
        others = rows[wanted.none_above]
        larger = sum(a > b for a, b in zip(own.sizes, others.sizes, strict=True))
        found += [f"{larger} files are larger than by {others.label}"] if larger else []
    for what, seconds in (("encoding", own.encode_s), ("decoding", own.decode_s)):
        if seconds * 1e6 / samples > wanted.most_seconds:
            found.append(f"{what}: {seconds * 1e6 / samples:.1f} s a million samples")
    return found


def _table(title: str, rows: list[Row], samples: int) -> Table:
    headings = ("codec", "bytes", "ours to it", "encode s/M", "decode s/M", "exact")
    return Table(
        title,
        headings,
        tuple(
            (
                row.label,
                f"{row.total:,}",
                f"{rows[0].total / row.total:.3f}",
                f"{row.encode_s * 1e6 / samples:.2f}",
                f"{row.decode_s * 1e6 / samples:.2f}",
                "yes" if row.exact else "NO",
            )
            for row in rows
        ),
    )


if __name__ == "__main__":
    main()

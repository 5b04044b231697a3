"""What the preview costs a lossless file: the residual with the base picture as context, and without.

Without means a constant mid-gray base picture, through the shipped residual model and, where one is given, through a
model that was trained that way; only the second is a fair answer, as the first was never shown such a picture, and only
beside a model with base pictures that was trained as long.
"""

from collections.abc import Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import click
import numpy as np
from safetensors import SafetensorError
from safetensors.numpy import load_file

from benchmarks.codecs import U8
from benchmarks.folder import Folder
from benchmarks.options import Output, folder_options
from benchmarks.report import Table
from hybridcodec.codec import decode, encode, read_info
from hybridcodec.errors import ModelError
from hybridcodec.models import DEFAULT_RESIDUAL, architecture_of, load_tensors
from hybridcodec.modes import Layer, Mode
from hybridcodec.residual import Ground, Quantiser, TileCoder, coder_for, decode_residual, encode_residual
from hybridcodec.sources import read_picture
from hybridcodec.tiling import Tiling

MID_GRAY = 128

NOTES = [
    "Residual bits are of tile payloads, base bits of the base layer's chunks, without the rest of the file. The share "
    "that comes back is how much smaller the residual is with the base picture, by what the base layer costs; what the "
    "preview costs is how much larger both layers are than the residual of this line. Lines are compared with the last "
    "line above them that has the base picture.",
]


@dataclass(frozen=True)
class Costs:
    """Bytes for one picture; the last two are of models that were trained as long as each other, where there are any.

    Attributes:
        name: of the picture.
        samples: of it.
        base: of the base layer.
        residual: above it.
        gray: above mid-gray.
        beside: above the base layer, by the model trained with one.
        alone: above mid-gray, by the model trained so.
    """

    name: str
    samples: int
    base: int
    residual: int
    gray: int
    beside: int | None
    alone: int | None


@click.command(help=__doc__)
@click.option(
    "--without-base", type=click.Path(path_type=Path, exists=True), help="Residual model trained on mid-gray bases."
)
@click.option(
    "--with-base", type=click.Path(path_type=Path, exists=True), help="Residual model trained as long on base pictures."
)
@folder_options
def main(folder: Folder, output: Output, without_base: Path | None, with_base: Path | None) -> None:
    """Measure, print; every payload is decoded and compared."""
    coder = coder_for(architecture_of(DEFAULT_RESIDUAL))
    model = coder.load(load_tensors(DEFAULT_RESIDUAL))
    alone, beside = (_model(coder, path) if path else None for path in (without_base, with_base))
    found = []
    for path in folder.files:
        samples = read_picture(path).samples
        found.append(costs(path.name, samples, model, beside, alone))
        click.echo(f"{path.name}", err=True)
    output.publish("ablation", folder, [_table(folder, found)], NOTES, {"results": [asdict(each) for each in found]})


def _model(coder: TileCoder, path: Path) -> Any:
    try:
        return coder.load(load_file(path))
    except (OSError, SafetensorError, ModelError) as error:
        raise click.BadParameter(f"{path} is no residual model: {error}") from error


def costs(name: str, samples: U8, model: Any, beside: Any, alone: Any) -> Costs:
    """Return what one picture, (H, W) or (H, W, 3), costs with and without its base picture."""
    H, W = samples.shape[:2]
    picture = samples.reshape(H, W, -1)
    file = encode(samples, mode=Mode.PERCEPTUAL)
    base = decode(file, layer=Layer.PERCEPTUAL).reshape(picture.shape)
    gray = np.full_like(picture, MID_GRAY)
    return Costs(
        name,
        samples.size,
        read_info(file).base_bytes,
        _residual_bytes(picture, base, model),
        _residual_bytes(picture, gray, model),
        _residual_bytes(picture, base, beside) if beside else None,
        _residual_bytes(picture, gray, alone) if alone else None,
    )


def _residual_bytes(picture: U8, base: U8, model: Any) -> int:
    coder, quantiser = coder_for(architecture_of(DEFAULT_RESIDUAL)), Quantiser()
    height, width = picture.shape[:2]
    tiling = Tiling(height, width, *coder.choose_tile(height, width))
    tiles = encode_residual(picture, Ground(picture.shape[2], quantiser, base, model), coder, tiling)
    if not np.array_equal(
        decode_residual(tiles, Ground(picture.shape[2], quantiser, base), {coder.architecture: model}, tiling), picture
    ):
        raise click.ClickException("a residual did not decode to its picture")
    return sum(len(tile.payload) for tile in tiles)


def _table(folder: Folder, found: Sequence[Costs]) -> Table:
    base, residual, gray = (_bits(found, part) for part in ("base", "residual", "gray"))
    lines = [("with the base picture", base, residual), ("with mid-gray, same model", 0.0, gray)]
    if all(each.beside is not None for each in found):
        lines.append(("with the base picture, model trained as long", base, _bits(found, "beside")))
    if all(each.alone is not None for each in found):
        lines.append(("with mid-gray, model trained so", 0.0, _bits(found, "alone")))
    rows, beside = [], residual
    for name, base_bits, bits in lines:
        beside = bits if base_bits else beside
        compared = ("", "") if base_bits else (f"{(bits - beside) / base:.0%}", f"{(base + beside) / bits - 1:+.2%}")
        rows.append((name, f"{base_bits:.4f}", f"{bits:.4f}", f"{base_bits + bits:.4f}", *compared))
    headings = (
        "context of the residual",
        "base layer",
        "residual layer",
        "both",
        "of the base comes back",
        "preview costs",
    )
    return Table(f"{folder.path.resolve().name}, bits per sub-pixel", headings, tuple(rows))


def _bits(found: Sequence[Costs], part: str) -> float:
    sizes: list[int] = [getattr(each, part) for each in found]
    return 8 * sum(sizes) / sum(each.samples for each in found)


if __name__ == "__main__":
    main()

"""The command that turns a checkpoint of the hyperprior of any rate into its model files."""

from __future__ import annotations

import hashlib
from pathlib import Path

import click
import torch
from safetensors.numpy import save

from hybridcodec.train.data import load_pictures
from hybridcodec.train.options import FOLDER, HELD_OUT, OUTPUT, SOURCE
from hybridcodec.train.variable import Examples, Float, model_files


@click.command("export-variable")
@click.argument("checkpoint", type=SOURCE, nargs=-1, required=True)
@click.option("--data", type=FOLDER, required=True, help="The photographs it was trained on.")
@click.option("--out", type=OUTPUT, required=True, help="Integer model file; NAME-analysis comes beside it.")
@click.option(
    "--count", default=Examples.pictures, show_default=True, help="Pictures from which frequency tables are learned."
)
@click.option("--more", type=FOLDER, multiple=True, help="Further photographs on which units may fire.")
@click.option("--threads", default=1, show_default=True)
def export_variable(
    checkpoint: tuple[Path, ...], data: Path, out: Path, count: int, more: tuple[Path, ...], threads: int
) -> None:
    """Turn a checkpoint, in one file or several, into the integer model file and the encoder's analysis file."""
    torch.set_num_threads(threads)
    pictures = load_pictures(data, HELD_OUT).training
    others = [picture for folder in more for picture in load_pictures(folder, 0).training]
    made = model_files(Float.load(checkpoint), pictures, Examples(pictures=count), others)
    for path, arrays in zip((out, out.with_stem(out.stem + "-analysis")), made, strict=True):
        path.write_bytes(save(arrays))
        click.echo(f"{hashlib.sha256(path.read_bytes()).hexdigest()}  {path.name}  {path.stat().st_size} bytes")

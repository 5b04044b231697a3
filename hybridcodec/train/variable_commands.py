"""The command that turns a checkpoint of the hyperprior of any rate into its model files."""

from __future__ import annotations

import hashlib
from pathlib import Path

import click
import torch
from safetensors.numpy import save

from hybridcodec.train.commands import DEFAULT, FOLDER, OUTPUT, SOURCE
from hybridcodec.train.data import Crops, load_pictures
from hybridcodec.train.variable import Float, analysis_arrays, gain_arrays, integer_arrays, tables

BATCHES, BATCH, EDGE = 10, 4, 256
"""Crops from which the scales of integers are chosen."""


@click.command("export-variable")
@click.argument("checkpoint", type=SOURCE, nargs=-1, required=True)
@click.option("--data", type=FOLDER, required=True, help="The photographs it was trained on.")
@click.option("--out", type=OUTPUT, required=True, help="Integer model file; NAME-analysis comes beside it.")
@click.option("--count", default=60, show_default=True, help="Pictures from which frequency tables are learned.")
@click.option("--threads", default=1, show_default=True)
def export_variable(checkpoint: tuple[Path, ...], data: Path, out: Path, count: int, threads: int) -> None:
    """Turn a checkpoint, in one file or several, into the integer model file and the encoder's analysis file."""
    torch.set_num_threads(threads)
    network, pictures = Float.load(checkpoint), load_pictures(data, DEFAULT.held_out).training
    crops = Crops(pictures, EDGE, 1).batch(BATCHES * BATCH).float()
    arrays = integer_arrays(network, torch.split(crops, BATCH)) | gain_arrays(network)
    arrays |= tables(network, arrays, pictures[:count])
    for path, made in ((out, arrays), (out.with_stem(out.stem + "-analysis"), analysis_arrays(network))):
        path.write_bytes(save(made))
        click.echo(f"{hashlib.sha256(path.read_bytes()).hexdigest()}  {path.name}  {path.stat().st_size} bytes")

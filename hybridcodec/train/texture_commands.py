"""The command that turns a checkpoint of the texture head into its model file."""

from __future__ import annotations

import hashlib
from pathlib import Path

import click
import torch
from safetensors.numpy import save

from hybridcodec.train.checkpoint import read_tensors
from hybridcodec.train.data import load_pictures
from hybridcodec.train.integer_base import IntegerBase
from hybridcodec.train.options import FOLDER, HELD_OUT, OUTPUT, SOURCE
from hybridcodec.train.texture import CALIBRATED, features_of, integer_arrays


@click.command("export-texture")
@click.argument("checkpoint", type=SOURCE)
@click.option("--data", type=FOLDER, required=True, help="The photographs it was trained on.")
@click.option("--out", type=OUTPUT, required=True, help="Integer model file.")
@click.option("--count", default=24, show_default=True, help="Pictures from which scales are chosen.")
@click.option("--threads", default=1, show_default=True)
def export_texture(checkpoint: Path, data: Path, out: Path, count: int, threads: int) -> None:
    """Turn a checkpoint of the display head above the shipped base model into its integer model file."""
    torch.set_num_threads(threads)
    pictures = load_pictures(data, HELD_OUT).training[:count]
    tensors = {name: tensor.float() for name, tensor in read_tensors(checkpoint).items()}
    arrays = integer_arrays(tensors, list(features_of(IntegerBase.shipped(), pictures, CALIBRATED)))
    out.write_bytes(save(arrays))
    click.echo(f"{hashlib.sha256(out.read_bytes()).hexdigest()}  {out.name}  {out.stat().st_size} bytes")

"""The base layer's training commands: each parses, calls one library function and prints."""

from __future__ import annotations

import hashlib
import os
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import click
import torch
from safetensors.numpy import save

from hybridcodec.cli.options import gathered
from hybridcodec.train.base import train_base
from hybridcodec.train.data import load_pictures
from hybridcodec.train.export import export_base
from hybridcodec.train.recipe import BaseRecipe

FOLDER = click.Path(exists=True, file_okay=False, path_type=Path)
SOURCE = click.Path(exists=True, dir_okay=False, path_type=Path)


class _Output(click.Path):
    """A file to write: its folder is looked at before hours of work and not after."""

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> Path:
        path = Path(os.fsdecode(super().convert(value, param, ctx)))
        if not os.access(path.parent, os.W_OK):
            self.fail(f"the folder of '{path}' is not there or cannot be written to", param, ctx)
        return path


OUTPUT = _Output(dir_okay=False, path_type=Path)
DEFAULT = BaseRecipe()


@dataclass(frozen=True)
class BaseGiven:
    """What `base` was given."""

    data: Path
    out: Path
    start: Path | None
    resume: bool
    quantise: bool
    minutes: float
    steps: int
    bpp: float
    learning_rate: float
    crop: int
    batch: int
    seed: int
    device: str
    bfloat16: bool
    threads: int


@click.command()
@click.option("--data", type=FOLDER, required=True, help="Folder of lossless photographs.")
@click.option("--out", type=OUTPUT, required=True, help="Checkpoint to write; the curve goes beside it.")
@click.option("--start", type=SOURCE, help="Checkpoint whose weights this stage begins with.")
@click.option("--resume", is_flag=True, help="Continue from OUT where it exists.")
@click.option("--quantise", is_flag=True, help="Fine-tune on the integer grid.")
@click.option("--minutes", default=DEFAULT.minutes, show_default=True)
@click.option("--steps", default=0, help="Length in steps instead of minutes.")
@click.option("--bpp", default=DEFAULT.target_bpp, show_default=True, help="Bits per pixel to steer training crops to.")
@click.option("--learning-rate", default=DEFAULT.learning_rate, show_default=True)
@click.option("--crop", default=DEFAULT.crop, show_default=True)
@click.option("--batch", default=DEFAULT.batch, show_default=True)
@click.option("--seed", default=DEFAULT.seed, show_default=True)
@click.option("--device", default="cpu", show_default=True)
@click.option("--bfloat16/--float32", default=True, show_default=True)
@click.option("--threads", default=1, show_default=True)
@gathered(BaseGiven)
def base(_: click.Context, given: BaseGiven) -> None:
    """Train the base layer."""
    torch.set_num_threads(given.threads)
    recipe = replace(
        DEFAULT,
        minutes=given.minutes,
        steps=given.steps,
        target_bpp=given.bpp,
        learning_rate=given.learning_rate,
        crop=given.crop,
        batch=given.batch,
        seed=given.seed,
        device=given.device,
        bfloat16=given.bfloat16,
        quantise=given.quantise,
    )
    if given.quantise:
        recipe = replace(recipe, squared_error_only=0.0, steer_from=0.0)
    train_base(
        load_pictures(given.data, recipe.held_out),
        recipe,
        given.out,
        start=given.start,
        resume=given.resume,
        report=click.echo,
    )


@click.command()
@click.argument("checkpoint", type=SOURCE)
@click.option("--data", type=FOLDER, required=True, help="The photographs it was trained on.")
@click.option("--out", type=OUTPUT, required=True, help="Integer model file; NAME-analysis comes beside it.")
@click.option("--threads", default=1, show_default=True)
def export(checkpoint: Path, data: Path, out: Path, threads: int) -> None:
    """Turn a checkpoint into the integer model file and the encoder's analysis file."""
    torch.set_num_threads(threads)
    made = export_base(checkpoint, load_pictures(data, DEFAULT.held_out), click.echo)
    for path, arrays in ((out, made.decoder), (out.with_stem(out.stem + "-analysis"), made.analysis)):
        path.write_bytes(save(arrays))
        click.echo(f"{hashlib.sha256(path.read_bytes()).hexdigest()}  {path.name}  {path.stat().st_size} bytes")

"""The residual layer's training commands: each parses, calls one library function and prints."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from pathlib import Path

import click
import numpy as np
import torch
from numpy.typing import NDArray
from safetensors.numpy import load_file, save

from hybridcodec.base.hyperprior.analysis import Analysis
from hybridcodec.base.hyperprior.encoder import encode_base
from hybridcodec.base.hyperprior.model import BaseModel
from hybridcodec.cli.options import gathered
from hybridcodec.residual.regression.model import ResidualModel
from hybridcodec.train.alterations import altered
from hybridcodec.train.checkpoint import load_checkpoint
from hybridcodec.train.commands import FOLDER, OUTPUT, SOURCE
from hybridcodec.train.context_data import Example, Rows, gather
from hybridcodec.train.data import load_pictures
from hybridcodec.train.residual import ResidualRecipe, build, export_tensors, train_residual

DEFAULT = ResidualRecipe()
GRAY_EVERY, COARSE_EVERY = 8, 8
"""Each eighth picture is walked once more in gray, and once more on a near-lossless grid."""
ERRORS = (1, 2, 3, 5)
ALTERATION_SEED = 1

Encode = Callable[[NDArray[np.uint8]], NDArray[np.uint8]]
"""From a picture (H, W, C) to its base picture."""


def examples(
    pictures: tuple[NDArray[np.uint8], ...], encode: Encode, varied: bool, alterations: int = 0
) -> Iterator[Example]:
    """Pictures with their base pictures, and so many altered ones of each (see `alterations`).

    `varied` adds some in gray and on near-lossless grids.
    """
    rng = np.random.default_rng(ALTERATION_SEED)
    for number, picture in enumerate(pictures):
        for _ in range(alterations):
            other = altered(picture, rng)
            yield Example(other, encode(other))
        base = encode(picture)
        yield Example(picture, base)
        if varied and number % COARSE_EVERY == 0:
            yield Example(picture, base, ERRORS[number // COARSE_EVERY % len(ERRORS)])
        if varied and number % GRAY_EVERY == GRAY_EVERY // 2:
            gray = np.rint(picture @ [0.299, 0.587, 0.114]).astype(np.uint8)[..., None]
            yield Example(gray, encode(gray))


def base_pictures(model_file: Path | None) -> Encode:
    """What makes base pictures: an exported base model, or mid-gray where there is none (to measure its worth)."""
    if model_file is None:
        return lambda picture: np.full_like(picture, 128)
    model = BaseModel.from_tensors(load_file(str(model_file)))
    analysis = Analysis.from_tensors(load_file(str(model_file.with_stem(model_file.stem + "-analysis"))))
    return lambda picture: encode_base(picture, model, analysis)[1]


def load_rows(
    data: Path, encode: Encode, share: float, alterations: int, held_out: int, threads: int
) -> tuple[list[Rows], list[Rows]]:
    """Training and validation rows of a folder of photographs; validation is on pictures as they are."""
    pictures = load_pictures(data, held_out)
    training = gather(examples(pictures.training, encode, True, alterations), share, 1, threads, click.echo)
    validation = gather(examples(pictures.validation, encode, False), share, 2, threads, click.echo)
    return training, validation


@dataclass(frozen=True)
class Given:
    """What `residual` was given."""

    data: Path
    base: Path | None
    out: Path
    start: Path | None
    resume: bool
    share: float
    alterations: int
    minutes: float
    hidden: int
    batch: int
    learning_rate: float
    seed: int
    held_out: int
    device: str
    threads: int


@click.command()
@click.option("--data", type=FOLDER, required=True, help="Folder of lossless photographs.")
@click.option("--base", type=SOURCE, help="Exported base model; NAME-analysis lies beside it. Without: mid-gray.")
@click.option("--out", type=OUTPUT, required=True, help="Checkpoint to write; the curve goes beside it.")
@click.option("--start", type=SOURCE, help="Checkpoint whose weights this run begins with.")
@click.option("--resume", is_flag=True, help="Continue from OUT where it exists.")
@click.option("--share", default=0.15, show_default=True, help="Of all places, how many become rows.")
@click.option(
    "--alterations",
    type=click.IntRange(min=0),
    default=0,
    show_default=True,
    help="Altered versions of each picture that join it.",
)
@click.option("--minutes", default=DEFAULT.minutes, show_default=True)
@click.option("--hidden", default=DEFAULT.hidden, show_default=True)
@click.option("--batch", default=DEFAULT.batch, show_default=True)
@click.option("--learning-rate", default=DEFAULT.learning_rate, show_default=True)
@click.option("--seed", default=DEFAULT.seed, show_default=True)
@click.option("--held-out", default=12, show_default=True, help="Pictures kept for validation.")
@click.option("--device", default="cpu", show_default=True)
@click.option("--threads", default=1, show_default=True)
@gathered(Given)
def residual(_: click.Context, given: Given) -> None:
    """Train the residual layer's context model."""
    torch.set_num_threads(given.threads)
    recipe = replace(
        DEFAULT,
        minutes=given.minutes,
        hidden=given.hidden,
        batch=given.batch,
        learning_rate=given.learning_rate,
        seed=given.seed,
        device=given.device,
    )
    training, validation = load_rows(
        given.data, base_pictures(given.base), given.share, given.alterations, given.held_out, given.threads
    )
    train_residual(training, validation, recipe, given.out, start=given.start, resume=given.resume, report=click.echo)


@click.command()
@click.argument("checkpoint", type=SOURCE)
@click.option("--out", type=OUTPUT, required=True, help="Integer model file to write.")
@click.option("--hidden", default=DEFAULT.hidden, show_default=True)
def export_residual(checkpoint: Path, out: Path, hidden: int) -> None:
    """Turn a checkpoint into the integer model file, its accumulators proven."""
    networks = build(replace(DEFAULT, hidden=hidden))
    load_checkpoint(checkpoint, networks)
    tensors = export_tensors(networks)
    ResidualModel.from_tensors(tensors)
    out.write_bytes(save(tensors))
    click.echo(f"{hashlib.sha256(out.read_bytes()).hexdigest()}  {out.name}  {out.stat().st_size} bytes")

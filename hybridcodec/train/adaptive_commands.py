"""The command that exports a model of the coder that adapts: it parses, calls one library function and prints."""

from __future__ import annotations

import hashlib
from pathlib import Path

import click
from safetensors.numpy import save

from hybridcodec.residual.adaptive.contexts import DESIGNS
from hybridcodec.residual.adaptive.model import AdaptiveModel
from hybridcodec.train.adaptive import adaptive_tensors, load_networks
from hybridcodec.train.options import OUTPUT, SOURCE


@click.command("export-adaptive")
@click.argument("checkpoint", type=SOURCE)
@click.option("--design", type=click.Choice(list(DESIGNS)), required=True, help="Experts and size of the network.")
@click.option("--prefix", required=True, help="What the names of its weights begin with, before the channel.")
@click.option("--out", type=OUTPUT, required=True, help="Integer model file to write.")
def export_adaptive(checkpoint: Path, design: str, prefix: str, out: Path) -> None:
    """Turn trained networks into a model that adapts, its accumulators proven wherever it may go."""
    chosen = DESIGNS[design]
    tensors = adaptive_tensors(load_networks(checkpoint, prefix, chosen), chosen)
    AdaptiveModel.from_tensors(tensors)
    out.write_bytes(save(tensors))
    click.echo(f"{hashlib.sha256(out.read_bytes()).hexdigest()}  {out.name}  {out.stat().st_size} bytes")

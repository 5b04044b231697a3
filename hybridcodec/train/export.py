"""From a checkpoint to the model files: calibration, integer arrays, frequency tables, proof, and what it cost."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray

from hybridcodec.base.geometry import LatentGrid
from hybridcodec.base.hyperprior.analysis import Analysis
from hybridcodec.base.hyperprior.decoder import WINDOW
from hybridcodec.base.hyperprior.encoder import encode_base
from hybridcodec.base.hyperprior.latents import parameters_of_y
from hybridcodec.base.hyperprior.model import BaseModel
from hybridcodec.base.hyperprior.schema import HYPER_LATENTS, NETWORKS
from hybridcodec.base.square import TILE
from hybridcodec.base.units import LARGEST_SCALE, SCALES, SMALLEST_SCALE
from hybridcodec.base.values import quantise
from hybridcodec.entropy import TOTAL
from hybridcodec.errors import ModelError
from hybridcodec.train.base import validate
from hybridcodec.train.calibration import load_network, quantise_network
from hybridcodec.train.data import PictureSet, Samples
from hybridcodec.train.metrics import ms_ssim, psnr
from hybridcodec.train.network import BaseNetwork
from hybridcodec.train.quantised import QuantisedChain
from hybridcodec.train.recipe import silent

Arrays = dict[str, NDArray[Any]]
Y_REACH = 15
"""Symbols -15..15 have a column of their own: 32 columns with the escape."""
Z_REACH = 15
PRIOR = 100.0
"""Weight, in symbols, of the Gaussian that fills what the training pictures leave empty."""


def analysis_arrays(network: BaseNetwork) -> Arrays:
    """Return the arrays of the analysis file."""
    found: Arrays = {}
    for name in ("g_a", "h_a"):
        for layer in NETWORKS[name]:
            for kind in ("weight", "bias"):
                value = getattr(getattr(network, name).convolutions[layer.name], kind).detach().cpu().contiguous()
                found[f"{name}.{layer.name}.{kind}"] = value.numpy().astype(np.float16)
    return found


def decoder_arrays(network: BaseNetwork, analysis: Analysis, pictures: Sequence[Samples]) -> Arrays:
    """Return the arrays of the integer model file of a quantised network, tables learned from `pictures`."""
    if not isinstance(network.h_s, QuantisedChain) or not isinstance(network.g_s, QuantisedChain):
        raise ModelError("a network must be quantised before it becomes integers")
    arrays = network.h_s.arrays("h_s") | network.g_s.arrays("g_s")
    flat = {"tables.y": _flat(SCALES, Y_REACH), "tables.z": _flat(HYPER_LATENTS, Z_REACH)}
    return arrays | _learned_tables(BaseModel.from_tensors(arrays | flat), analysis, pictures)


def _flat(rows: int, reach: int) -> NDArray[np.uint16]:
    return frequencies(np.ones((rows, 2 * reach + 2)))


def _learned_tables(model: BaseModel, analysis: Analysis, pictures: Sequence[Samples]) -> Arrays:
    scale = np.exp(np.linspace(math.log(SMALLEST_SCALE), math.log(LARGEST_SCALE), SCALES))
    y_counts = PRIOR * gaussian_rows(scale, Y_REACH)
    z_counts = PRIOR * gaussian_rows(np.full(HYPER_LATENTS, 2.0), Z_REACH)
    for picture in pictures:
        grid = LatentGrid(picture.shape[0], picture.shape[1], TILE)
        y = analysis.latents(picture, WINDOW)
        for area in grid.tiles:
            part = y[(slice(None), *area)]
            z = analysis.hyper_latents(part)
            mean, index = parameters_of_y(model, z, *part.shape[1:])
            _count(y_counts, index.ravel(), quantise(part, mean).ravel())
            _count(z_counts, np.repeat(np.arange(HYPER_LATENTS), z[0].size), z.ravel())
    return {"tables.y": frequencies(y_counts), "tables.z": frequencies(z_counts)}


def _count(counts: NDArray[np.float64], rows: NDArray[np.int64], values: NDArray[np.int64]) -> None:
    reach = counts.shape[1] // 2 - 1
    columns = np.where(np.abs(values) > reach, counts.shape[1] - 1, values + reach)
    np.add.at(counts, (rows, columns), 1.0)


def gaussian_rows(scale: NDArray[np.float64], reach: int) -> NDArray[np.float64]:
    """Return probabilities of -reach..reach and of all the rest, one row per standard deviation."""
    edges = (np.arange(-reach, reach + 2) - 0.5)[None] / (scale[:, None] * math.sqrt(2.0))
    below = 0.5 * (1 + torch.erf(torch.from_numpy(edges)).numpy())
    inside = np.diff(below, axis=1)
    return np.concatenate([inside, 1 - inside.sum(1, keepdims=True)], axis=1).clip(1e-9)


def frequencies(counts: NDArray[np.float64]) -> NDArray[np.uint16]:
    """Return rows of integers >= 1 with the sum TOTAL, as near to the counts as that allows."""
    share = counts / counts.sum(1, keepdims=True)
    found = np.maximum(np.floor(share * (TOTAL - counts.shape[1])), 0).astype(np.int64) + 1
    found[np.arange(len(found)), found.argmax(1)] += TOTAL - found.sum(1)
    rounded: NDArray[np.uint16] = found.astype(np.uint16)
    return rounded


@dataclass(frozen=True)
class Quality:
    """Means over pictures."""

    bpp: float
    psnr: float
    ms_ssim: float

    def __str__(self) -> str:
        return f"{self.bpp:.4f} bits per pixel, PSNR {self.psnr:.2f} dB, MS-SSIM {self.ms_ssim:.4f}"


def measure(
    model: BaseModel, analysis: Analysis, pictures: Sequence[Samples], report: Callable[[str], None] = silent
) -> Quality:
    """Encode pictures, sides cut to multiples of 64 as `validate` does, and return real sizes and quality."""
    totals = np.zeros(3)
    for picture in pictures:
        height, width = (size // 64 * 64 for size in picture.shape[:2])
        samples = np.ascontiguousarray(picture[:height, :width])
        payload, decoded = encode_base(samples, model, analysis)
        a, b = (torch.from_numpy(v.copy()).permute(2, 0, 1)[None].float() for v in (samples, decoded))
        row = 8 * payload.size / (height * width), psnr(float((a - b).square().mean())), float(ms_ssim(a, b))
        report("  ".join(f"{value:.4f}" for value in row))
        totals += row
    bpp, decibels, similarity = (float(v) for v in totals / len(pictures))
    return Quality(bpp, decibels, similarity)


@dataclass(frozen=True)
class Exported:
    """Both model files' arrays, and what the integers cost on the validation pictures."""

    decoder: Arrays
    analysis: Arrays
    trained: Quality
    integer: Quality
    bound: int


def export_base(checkpoint: Path, pictures: PictureSet, report: Callable[[str], None] = silent) -> Exported:
    """Turn a checkpoint, free or on the integer grid, into the arrays of the model files.

    Raises:
        ModelError: no scales satisfy the accumulator bound.
    """
    network = BaseNetwork()
    load_network(checkpoint, network)
    figures = validate(network, pictures.validation)
    trained = Quality(figures["bpp"], figures["psnr"], figures["ms_ssim"])
    report(f"network as trained: {trained} (rate estimated)")
    if not isinstance(network.g_s, QuantisedChain):
        quantise_network(network, pictures)
    analysis_file = analysis_arrays(network)
    analysis = Analysis.from_tensors(analysis_file)
    decoder = decoder_arrays(network, analysis, pictures.training)
    model = BaseModel.from_tensors(decoder)
    integer = measure(model, analysis, pictures.validation)
    report(f"integer model:      {integer} (real bytes, colour corrected)")
    bound = max(model.h_s.bound, model.g_s.bound)
    report(f"accumulators:       at most 2^{math.log2(bound):.2f}, proven")
    return Exported(decoder, analysis_file, trained, integer, bound)

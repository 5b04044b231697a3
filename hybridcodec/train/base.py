"""Training of the base layer for rate, squared error and MS-SSIM: one resumable loop.

The Lagrangian is not chosen by hand: a slow controller steers it until crops cost `target_bpp`, so that one run ends at
the wanted rate. A checkpoint holds tensors only (safetensors, never pickle), a curve goes to a JSON-lines file.
"""

from __future__ import annotations

import json
import math
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path

import torch
from torch import Tensor

from hybridcodec.base.similarity import ms_ssim_loss
from hybridcodec.base.units import HYPER_STRIDE
from hybridcodec.errors import InputError
from hybridcodec.train.calibration import load_network, quantise_network
from hybridcodec.train.checkpoint import save_checkpoint
from hybridcodec.train.data import Crops, PictureSet, Samples
from hybridcodec.train.metrics import grid_error, ms_ssim, psnr
from hybridcodec.train.network import BaseNetwork, Forward
from hybridcodec.train.quantised import QuantisedChain
from hybridcodec.train.recipe import BaseRecipe, silent

CHECKPOINT_SECONDS = 150.0
VALIDATION_SECONDS = 120.0
SMALLEST_CROP = 128
"""Five scales of SSIM with 8x8 windows."""


@dataclass
class Run:
    """All that changes while a stage runs; what a checkpoint restores."""

    network: BaseNetwork
    optimiser: torch.optim.Adam
    rate_weight: float
    step: int = 0
    seconds: float = 0.0
    bpp: float = 0.0
    norm: float = 0.0
    sums: dict[str, float] = field(default_factory=dict)


def train_base(
    pictures: PictureSet,
    recipe: BaseRecipe,
    out: Path,
    *,
    start: Path | None = None,
    resume: bool = False,
    report: Callable[[str], None] = silent,
) -> BaseNetwork:
    """Train to the end of `recipe`, leaving a checkpoint at `out` and the curve at `out` + ".jsonl".

    Args:
        pictures: training and validation pictures.
        recipe: the stage's values.
        out: checkpoint file, replaced atomically every few minutes.
        start: checkpoint whose weights the stage begins with.
        resume: continue from `out` where it exists.
        report: receives each line of the curve.

    Raises:
        InputError: crops of an impossible size, or pictures too small for them.
    """
    if recipe.crop < SMALLEST_CROP or recipe.crop % HYPER_STRIDE:
        raise InputError(
            f"crops must be a multiple of {HYPER_STRIDE} and at least {SMALLEST_CROP}, found {recipe.crop}"
        )
    run = _begin(recipe, pictures, out if resume and out.exists() else None, start)
    crops = Crops(pictures.training, recipe.crop, recipe.seed + run.step)
    torch.manual_seed(recipe.seed + run.step)
    last_saved = last_validated = begun = time.monotonic()
    before = run.seconds
    while (share := _share(run, recipe)) < 1:
        _train_step(run, recipe, crops.batch(recipe.batch), share)
        now = time.monotonic()
        run.seconds = before + now - begun
        if now - last_validated > VALIDATION_SECONDS:
            _log(run, pictures.validation, recipe, out, report)
            last_validated = time.monotonic()
        if now - last_saved > CHECKPOINT_SECONDS:
            save_checkpoint(out, run.network, run.optimiser, _counters(run))
            last_saved = time.monotonic()
    _log(run, pictures.validation, recipe, out, report)
    save_checkpoint(out, run.network, run.optimiser, _counters(run))
    return run.network


def _begin(recipe: BaseRecipe, pictures: PictureSet, resumed: Path | None, start: Path | None) -> Run:
    torch.manual_seed(recipe.seed)
    network = BaseNetwork().to(device=recipe.device, memory_format=torch.channels_last)  # type: ignore[call-overload]
    optimiser = torch.optim.Adam(network.parameters(), lr=recipe.learning_rate)
    run = Run(network, optimiser, recipe.rate_weight)
    if resumed is not None:
        counters = load_network(resumed, network, optimiser)
        run.step, run.seconds = int(counters["step"]), counters["seconds"]
        run.rate_weight, run.bpp, run.norm = (counters[k] for k in ("rate_weight", "bpp", "norm"))
    elif start is not None:
        run.rate_weight = load_network(start, network)["rate_weight"]
    if recipe.quantise and not isinstance(network.g_s, QuantisedChain):
        quantise_network(network, pictures, recipe.seed)
    return run


def _counters(run: Run) -> dict[str, float]:
    return {"step": run.step, "seconds": run.seconds, "rate_weight": run.rate_weight} | {
        "bpp": run.bpp,
        "norm": run.norm,
    }


def _share(run: Run, recipe: BaseRecipe) -> float:
    return run.step / recipe.steps if recipe.steps else run.seconds / (60 * recipe.minutes)


def _train_step(run: Run, recipe: BaseRecipe, crops: Tensor, share: float) -> None:
    samples = crops.to(recipe.device, torch.float32, memory_format=torch.channels_last)
    for group in run.optimiser.param_groups:
        group["lr"] = learning_rate(recipe, share)
    with torch.autocast(recipe.device.split(":")[0], torch.bfloat16, enabled=recipe.bfloat16):
        result = run.network(samples)
    loss, bpp, error, distance = _loss(result, samples, recipe, run.rate_weight, share)
    run.optimiser.zero_grad(set_to_none=True)
    loss.backward()  # type: ignore[no-untyped-call]
    norm = float(torch.nn.utils.clip_grad_norm_(run.network.parameters(), recipe.gradient_norm))
    if _is_usual(run, norm):
        run.optimiser.step()
    run.step += 1
    _steer(run, recipe, float(bpp), share)
    values = {"loss": loss.item(), "bpp": bpp.item(), "mse": error.item(), "distance": distance.item(), "norm": norm}
    for name, value in (values | {"steps": 1.0}).items():
        run.sums[name] = run.sums.get(name, 0.0) + value


def _is_usual(run: Run, norm: float) -> bool:
    """Keep a running mean of gradient norms; a step far above it, or not finite, is left out."""
    usual = math.isfinite(norm) and (run.step < 50 or norm < 5 * run.norm)
    run.norm += 0.02 * (min(norm, 5 * run.norm or norm) - run.norm) if math.isfinite(norm) else 0.0
    return usual


def _loss(
    result: Forward, samples: Tensor, recipe: BaseRecipe, rate_weight: float, share: float
) -> tuple[Tensor, Tensor, Tensor, Tensor]:
    pixels = samples.shape[0] * samples.shape[2] * samples.shape[3]
    bpp = (result.y_bits + result.z_bits) / pixels
    error = (result.samples - samples).square().mean()
    distance = ms_ssim_loss(result.samples, samples)
    ramp = (share - recipe.squared_error_only) / 0.05 if recipe.squared_error_only else 1.0
    similarity = recipe.similarity_weight * min(max(ramp, 0.0), 1.0)
    loss = rate_weight * bpp + recipe.squared_error_weight * error + similarity * distance
    if recipe.grid_weight:
        loss = loss + recipe.grid_weight * grid_error(result.samples, samples)
    return loss, bpp.detach(), error.detach(), distance.detach()


def learning_rate(recipe: BaseRecipe, share: float) -> float:
    """Return the rate after `share` of the run: a linear rise, then a cosine to a fiftieth."""
    if share < recipe.warm_up:
        return recipe.learning_rate * (0.05 + 0.95 * share / recipe.warm_up)
    return recipe.learning_rate * (0.02 + 0.98 * 0.5 * (1 + math.cos(math.pi * min(share, 1.0))))


def _steer(run: Run, recipe: BaseRecipe, bpp: float, share: float) -> None:
    run.bpp = bpp if run.bpp == 0 else run.bpp + 0.02 * (bpp - run.bpp)
    if share > recipe.steer_from:
        excess = min(max(run.bpp / recipe.target_bpp - 1, -1.0), 1.0)
        run.rate_weight = min(max(run.rate_weight * math.exp(recipe.steer_speed * excess), 0.05), 20.0)


@torch.inference_mode()
def validate(network: BaseNetwork, pictures: tuple[Samples, ...], device: str = "cpu") -> dict[str, float]:
    """Return mean bpp, PSNR and MS-SSIM of rounded, clamped pictures, sides cut to multiples of 64."""
    totals = {"bpp": 0.0, "psnr": 0.0, "ms_ssim": 0.0}
    for picture in pictures:
        height, width = (size // 64 * 64 for size in picture.shape[:2])
        samples = torch.from_numpy(picture[:height, :width].copy()).permute(2, 0, 1)[None].float()  # (1, 3, H, W)
        samples = samples.to(device, memory_format=torch.channels_last)
        result = network.evaluate(samples)
        decoded = result.samples.round().clamp(0, 255)
        totals["bpp"] += float(result.y_bits + result.z_bits) / (height * width)
        totals["psnr"] += psnr(float((decoded - samples).square().mean()))
        totals["ms_ssim"] += float(ms_ssim(decoded, samples))
    return {name: total / len(pictures) for name, total in totals.items()}


def _log(run: Run, pictures: tuple[Samples, ...], recipe: BaseRecipe, out: Path, report: Callable[[str], None]) -> None:
    steps = run.sums.pop("steps", 1.0)
    line: dict[str, float] = {"minutes": run.seconds / 60, "step": run.step, "rate_weight": run.rate_weight}
    line |= {"train_" + name: total / steps for name, total in run.sums.items()}
    line |= validate(run.network, pictures, recipe.device)
    run.sums.clear()
    text = json.dumps({name: float(f"{value:.5g}") for name, value in line.items()})
    with out.with_suffix(".jsonl").open("a", encoding="utf-8") as curve:
        curve.write(text + "\n")
    report(text)

"""The recipe of the base layer's training: a flat list of values, each with its reason."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class BaseRecipe:
    """Values of one training stage of the base layer."""

    minutes: float = 35.0
    """Wall-clock length; the learning rate follows the share of it that has passed."""
    steps: int = 0
    """Where positive, the length in steps instead: the same result on every machine of one kind."""
    crop: int = 128
    """Two hyper-latents across: the smallest crop at which the hyperprior still sees a neighbour."""
    batch: int = 8
    learning_rate: float = 5e-4
    """Peak of Adam's rate; cosine decay to a fiftieth after `warm_up`."""
    warm_up: float = 0.03
    """Share of the run over which the rate rises from nothing."""
    target_bpp: float = 0.27
    """Rate on training crops that the Lagrangian is steered to; crops are busier than whole photographs."""
    rate_weight: float = 0.3
    """First Lagrangian, low so that latents are used before they are made cheap."""
    squared_error_only: float = 0.03
    """Share of the run with MSE alone: colour and coarse shape come quickly, SSIM would wander."""
    steer_from: float = 0.08
    """Share of the run after which `rate_weight` is steered."""
    steer_speed: float = 0.003
    squared_error_weight: float = 0.0025
    """Per squared 8-bit step: about what MSE-trained hyperprior models use at 0.15 to 0.2 bits per pixel."""
    similarity_weight: float = 3.0
    """Of 1 - MS-SSIM: what models trained for it use at 0.15 bits per pixel."""
    grid_weight: float = 0.04
    """Per squared step of periodic error in flat blocks: without it a grid of 1.5 steps stayed and was visible."""
    gradient_norm: float = 1.0
    quantise: bool = False
    """Fine-tune on the integer grid (fake quantisation) instead of in free float."""
    seed: int = 1
    held_out: int = 12
    """Pictures kept for validation."""
    bfloat16: bool = True
    """Half the time a step on CPUs that have it."""
    device: str = "cpu"


def silent(line: str) -> None:
    """Report to nobody."""

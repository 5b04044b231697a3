"""Adam with its gradients cut, steps that stand out left away, and an average of the weights; all on the device.

Nothing of it waits for the device, as `torch.optim` with clipping does: a step is decided where its gradients are.
"""

from __future__ import annotations

from collections.abc import Sequence

import torch
from torch import Tensor, nn

FIRST, SECOND, EPSILON = 0.9, 0.98, 1e-8
"""Decay of the moments, the second unless told otherwise."""
CLIP = 2.0
"""Largest norm of all gradients, unless told otherwise."""
UNUSUAL = 6.0
"""Times the usual norm: a step that is left away, once `LEARNED` steps have shown what is usual."""
LEARNED = 300


class Adam:
    """One optimiser of a network."""

    def __init__(
        self, network: nn.Module, peaks: Sequence[float], keep: float, *, second: float = SECOND, clip: float = CLIP
    ) -> None:
        """Begin at the weights of `network`.

        Args:
            network: what is learned.
            peaks: a rate per parameter.
            keep: decay of the average.
            second: decay of the means of squares.
            clip: largest norm of all gradients.
        """
        named = list(network.named_parameters())
        self.names = [n for n, _ in named]
        self.parameters: list[Tensor] = [p for _, p in named]
        self.keep, self.count, self.decay, self.clip = keep, 0, second, clip
        self.groups = [(rate, [i for i, v in enumerate(peaks) if v == rate]) for rate in sorted(set(peaks))]
        self.first, self.second, self.grads = ([torch.zeros_like(q) for q in self.parameters] for _ in range(3))
        self.average = [q.detach().clone() for q in self.parameters]
        for q, g in zip(self.parameters, self.grads, strict=True):
            q.grad = g
        self.steps, self.usual, self.rate = (torch.zeros((), device=self.parameters[0].device) for _ in range(3))

    def clear(self) -> None:
        """Begin a step: gradients are added up."""
        torch._foreach_zero_(self.grads)

    @torch.no_grad()
    def step(self) -> tuple[Tensor, Tensor]:
        """Take one step; return the gradient's norm and 1 where it was left away."""
        norm = torch.stack(torch._foreach_norm(self.grads)).norm()
        fine = torch.isfinite(norm) & ((self.steps < LEARNED) | (norm < UNUSUAL * self.usual))
        clean = [torch.nan_to_num(g, 0.0, 0.0, 0.0) for g in self.grads]
        torch._foreach_mul_(
            clean, torch.where(fine, (self.clip / (norm + 1e-6)).clamp_max(1.0), torch.zeros_like(norm))
        )
        towards = torch.minimum(norm, 3 * self.usual + (self.steps < 50) * norm) - self.usual
        self.usual.add_(torch.where(torch.isfinite(norm), 0.02 * towards, torch.zeros_like(norm)))
        self.steps.add_(1)
        self.count += 1
        torch._foreach_lerp_(self.first, clean, 1 - FIRST)
        torch._foreach_mul_(self.second, self.decay)
        torch._foreach_addcmul_(self.second, clean, clean, 1 - self.decay)
        for peak, members in self.groups:
            below = torch._foreach_sqrt([self.second[i] for i in members])
            torch._foreach_div_(below, (1 - self.decay**self.steps).sqrt())
            torch._foreach_add_(below, EPSILON)
            move = torch._foreach_div([self.first[i] for i in members], below)
            torch._foreach_mul_(move, -peak * self.rate / (1 - FIRST**self.steps))
            torch._foreach_add_([self.parameters[i] for i in members], move)
        keep = min(self.keep, (self.count + 1) / (self.count + 20))
        torch._foreach_lerp_(self.average, self.parameters, 1 - keep)
        return norm, 1 - fine.float()

    def averaged(self) -> dict[str, Tensor]:
        """Return the average of the weights by name, float16, on the CPU."""
        named = zip(self.names, self.average, strict=True)
        return {name: value.detach().half().contiguous().cpu() for name, value in named}

    def state(self) -> dict[str, Tensor]:
        """Return everything that a step changes, by name; the tensors themselves."""
        lists: dict[str, list[Tensor]] = {
            "parameter": self.parameters,
            "first": self.first,
            "second": self.second,
            "average": self.average,
        }
        found: dict[str, Tensor] = {"steps": self.steps, "usual": self.usual}
        for kind, tensors in lists.items():
            found |= {f"{kind}.{name}": value.detach() for name, value in zip(self.names, tensors, strict=True)}
        return found

    @torch.no_grad()
    def restore(self, kept: dict[str, Tensor]) -> None:
        """Go back to a copy of `state`."""
        for name, value in self.state().items():
            value.copy_(kept[name])
        self.count = int(self.steps)

    @torch.no_grad()
    def swap(self) -> None:
        """Exchange weights and their average, to look at the latter; again to go on."""
        kept = [q.detach().clone() for q in self.parameters]
        torch._foreach_copy_(self.parameters, self.average)
        torch._foreach_copy_(self.average, kept)

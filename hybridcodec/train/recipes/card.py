"""The model card of a run: what was done, with what, how good it is, and which files came of it, in Markdown."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import torch

from hybridcodec.train.mixture import Mixture
from hybridcodec.train.recipes.recipe import Recipe


@dataclass(frozen=True)
class Done:
    """A stage that is over: what it did, seconds, figures, and SHA-256 of its files by name."""

    about: str
    seconds: float
    figures: dict[str, Any]
    files: dict[str, str]


@dataclass(frozen=True)
class Card:
    """All that a card says."""

    recipe: Recipe
    command: str
    mixture: Mixture
    device: str
    done: Mapping[str, Done]

    def text(self) -> str:
        """Return Markdown."""
        parts = [f"# {self.recipe.title}", self._origin(), self._stages(), self._files()]
        parts += [f"## {name}: {done.about}\n\n{_figures(done.figures)}" for name, done in self.done.items()]
        return "\n\n".join([*parts, self.recipe.left_out]) + "\n"

    def _origin(self) -> str:
        mixture = self.mixture
        lines = [
            f"Made by `{self.command}`.",
            f"{len(mixture.training)} pictures to learn from, {len(mixture.validation)} held out, which figures are of."
            f" SHA-256 of all files' digests: `{mixture.digest}`.",
            f"Device {_named(self.device)}, torch {torch.__version__}. Every line of the curve: `curve.jsonl`.",
        ]
        return "\n".join(lines)

    def _stages(self) -> str:
        rows = [f"| {name} | {done.about} | {done.seconds / 60:.1f} |" for name, done in self.done.items()]
        return "\n".join(["| stage | what | minutes |", "|---|---|---|", *rows])

    def _files(self) -> str:
        rows = [f"| `{name}` | `{digest}` |" for done in self.done.values() for name, digest in done.files.items()]
        return "\n".join(["| file | SHA-256 |", "|---|---|", *rows])


def _named(device: str) -> str:
    return torch.cuda.get_device_name(device) if device.startswith("cuda") else device


def _figures(figures: Mapping[str, Any]) -> str:
    """Return single figures in a line, and those that are rows of the same columns in a table."""
    if figures and _is_rows(figures):
        return _table(figures)
    single = [f"{name} {value}" for name, value in figures.items() if not isinstance(value, dict)]
    parts = [", ".join(single)] if single else []
    for name, value in figures.items():
        if isinstance(value, dict) and value:
            parts.append(f"{name}:\n\n" + _table(value if _is_rows(value) else {"": value}))
    return "\n\n".join(parts)


def _is_rows(value: Mapping[str, Any]) -> bool:
    return all(isinstance(row, dict) for row in value.values())


def _table(rows: Mapping[str, Mapping[str, Any]]) -> str:
    columns = list(next(iter(rows.values())))
    lines = ["| | " + " | ".join(columns) + " |", "|---" * (len(columns) + 1) + "|"]
    lines += [f"| {name} | " + " | ".join(str(row[c]) for c in columns) + " |" for name, row in rows.items()]
    return "\n".join(lines)

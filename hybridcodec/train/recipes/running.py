"""All stages of a recipe, one after another, in a folder that says at every moment what is done.

A process may end at any time: weights and states are replaced whole, and the journal names a stage only after its
files are there. Called again with the same folder, a run goes on with the stage that was not done.
"""

from __future__ import annotations

import hashlib
import json
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import torch

from hybridcodec.errors import InputError
from hybridcodec.train.base2.weights import read_weights
from hybridcodec.train.checkpoint import write_whole
from hybridcodec.train.mixture import Mixture, load_mixture
from hybridcodec.train.recipes.card import Card, Done
from hybridcodec.train.recipes.recipe import Recipe
from hybridcodec.train.recipes.workshop import Stage, Workshop

JOURNAL, CURVE, CARD = "run.json", "curve.jsonl", "card.md"


@dataclass(frozen=True)
class Given:
    """What a run is given.

    Attributes:
        data: folders of photographs, and of drawings by their names.
        others: folders of scans and screens.
        start: files of weights that training begins with, of a base model in one or several, and of a head.
        hours: for everything, in proportion to the stages' shares.
        device: as torch names it.
        compiled: whether losses go through `torch.compile`.
        command: the command line, for the card.
    """

    data: tuple[Path, ...]
    others: tuple[Path, ...] = ()
    start: tuple[Path, ...] = ()
    hours: float = 1.0
    device: str = "cpu"
    compiled: bool = False
    command: str = ""


def run_recipe(recipe: Recipe, given: Given, folder: Path, report: Callable[[str], None]) -> Path:
    """Run all stages that are not done yet; return the card.

    Raises:
        InputError: pictures or weights that cannot be read, or `folder` holds a run that was given something else.
    """
    mixture = load_mixture(given.data, given.others, recipe.held_out, recipe.weights)
    weights = read_weights(given.start)
    folder.mkdir(parents=True, exist_ok=True)
    journal = Journal(folder, _settings(recipe, given, mixture))
    whole_lines(folder / CURVE)

    def say(stage: str, line: dict[str, Any]) -> None:
        text = json.dumps({"stage": stage, **line})
        with (folder / CURVE).open("a", encoding="utf-8") as curve:
            curve.write(text + "\n")
        report(text)

    shop = Workshop(folder, mixture, _device(given.device), given.compiled, weights, say)
    for number, stage in enumerate(recipe.stages):
        if stage.name not in journal.done:
            seconds = recipe.seconds(number, 3600 * given.hours, journal.spent)
            report(f"{stage.name}: {stage.about}")
            journal.add(stage, *_timed(stage, shop, seconds, recipe.seed + number))
    card = Card(recipe, given.command, mixture, given.device, journal.done).text()
    write_whole(folder / CARD, card.encode())
    for stage in recipe.stages:
        shop.state(stage.name).unlink(missing_ok=True)
    return folder / CARD


def _timed(stage: Stage, shop: Workshop, seconds: float, seed: int) -> tuple[dict[str, Any], tuple[Path, ...], float]:
    begun = time.monotonic()
    outcome = stage.run(shop, seconds, seed)
    spent = 60 * float(outcome.figures.get("minutes", 0)) or time.monotonic() - begun  # as it was stopped, too
    return outcome.figures, outcome.files, spent


def _settings(recipe: Recipe, given: Given, mixture: Mixture) -> dict[str, Any]:
    """Return what a run cannot change on its way."""
    start = [hashlib.sha256(path.read_bytes()).hexdigest() for path in given.start]
    stages = hashlib.sha256(repr(recipe).encode()).hexdigest()
    return {"recipe": recipe.name, "values": stages, "hours": given.hours, "pictures": mixture.digest, "start": start}


def _device(name: str) -> torch.device:
    """Return the device, ready for squares of one size: in full float32, for the linear path reads large means."""
    torch.backends.cudnn.benchmark, torch.backends.cudnn.allow_tf32 = True, False
    try:
        return torch.zeros(1, device=name).device
    except (RuntimeError, AssertionError) as error:
        reason = str(error).splitlines()[0]
        raise InputError(f"the device {name} cannot be used: {reason}") from error


def whole_lines(path: Path) -> None:
    """Cut what a process that ended left of its last line."""
    if path.exists():
        data = path.read_bytes()
        if not data.endswith(b"\n"):
            write_whole(path, data[: data.rfind(b"\n") + 1])


class Journal:
    """What of a run is done."""

    def __init__(self, folder: Path, settings: dict[str, Any]) -> None:
        """Take up the journal of `folder`, or begin one; raises InputError where it is another run's."""
        self._path, self._settings = folder / JOURNAL, settings
        self.done: dict[str, Done] = {}
        if not self._path.exists():
            self._write()
            return
        found = self._read()
        for name, value in settings.items():
            if found["settings"].get(name) != value:
                was = found["settings"].get(name)
                raise InputError(f"{folder}: holds a run with other {name}: found {was}, expected {value}")
        self.done = {name: Done(**values) for name, values in found["done"].items()}
        self._check(folder)

    @property
    def spent(self) -> float:
        """Seconds of all stages that are done."""
        return sum(done.seconds for done in self.done.values())

    def add(self, stage: Stage, figures: dict[str, Any], files: tuple[Path, ...], seconds: float) -> None:
        """Note that a stage is done."""
        digests = {path.name: _sha256(path) for path in files}
        self.done[stage.name] = Done(stage.about, round(seconds, 1), figures, digests)
        self._write()

    def _read(self) -> Any:
        try:
            found = json.loads(self._path.read_text(encoding="utf-8"))
            return {"settings": dict(found["settings"]), "done": dict(found["done"])}
        except (ValueError, KeyError, TypeError) as error:
            raise InputError(f"{self._path}: not the journal of a run ({error})") from error

    def _check(self, folder: Path) -> None:
        for name, done in self.done.items():
            for file, expected in done.files.items():
                path = folder / file
                found = _sha256(path) if path.is_file() else "none"
                if found != expected:
                    raise InputError(
                        f"{path}: of the finished stage {name}: found SHA-256 {found}, expected {expected}"
                    )

    def _write(self) -> None:
        done = {name: vars(value) for name, value in self.done.items()}
        write_whole(self._path, json.dumps({"settings": self._settings, "done": done}, indent=1).encode())


def _sha256(path: Path) -> str:
    return hashlib.sha256(path.read_bytes()).hexdigest()

"""The commands of recipes: everything trained by one, and a float checkpoint measured."""

from __future__ import annotations

import shlex
from dataclasses import dataclass
from pathlib import Path

import click
import torch

from hybridcodec.cli.options import gathered
from hybridcodec.modes import Effort
from hybridcodec.train.base2.network import Base2
from hybridcodec.train.base2.validation import measured
from hybridcodec.train.base2.weights import begin, read_weights
from hybridcodec.train.data import picture_paths, read_picture
from hybridcodec.train.mixture import load_mixture
from hybridcodec.train.options import FOLDER, SOURCE
from hybridcodec.train.recipes.choice import NAMES, Choice
from hybridcodec.train.recipes.running import Given, run_recipe


@dataclass(frozen=True)
class RecipeGiven:
    """What `recipe` was given."""

    name: str
    data: tuple[Path, ...]
    others: tuple[Path, ...]
    start: tuple[Path, ...]
    out: Path
    hours: float
    device: str
    compiled: bool | None
    rehearse: bool
    threads: int
    effort: str | None
    without_base: bool
    steps: tuple[int, int]

    @property
    def choice(self) -> Choice:
        """What of the recipe is wanted."""
        effort = Effort(self.effort) if self.effort else None
        return Choice(self.name, effort, self.without_base, bool(self.start), self.steps)

    def command(self) -> str:
        """Return the command line that says the same."""
        options = {"--data": self.data, "--others": self.others, "--start": self.start, "--out": (self.out,)}
        words = [part for option, paths in options.items() for path in paths for part in (option, str(path))]
        length = ["--rehearse"] if self.rehearse else ["--hours", f"{self.hours:g}"]
        own = ["--effort", self.effort] if self.effort else []
        own += ["--without-base"] if self.without_base else []
        own += ["--steps", *map(str, self.steps)] if any(self.steps) else []
        given = [self.name, *own, *length, *words, "--device", self.device]
        return shlex.join(["python", "-m", "hybridcodec.train", "recipe", *given])


@click.command("recipe")
@click.argument("name", type=click.Choice(sorted(NAMES)))
@click.option("--data", type=FOLDER, multiple=True, required=True, help="Folder of lossless photographs; repeatable.")
@click.option(
    "--others", type=FOLDER, multiple=True, help="Folder of scans and screens, at a small weight; repeatable."
)
@click.option("--start", type=SOURCE, multiple=True, help="Weights to begin with; repeatable.")
@click.option("--out", type=click.Path(file_okay=False, path_type=Path), required=True, help="Folder for everything.")
@click.option(
    "--hours", type=click.FloatRange(min=0, min_open=True), default=1.0, show_default=True, help="For all stages."
)
@click.option("--device", default="cpu", show_default=True, help="cpu, or cuda.")
@click.option("--compile/--no-compile", "compiled", default=None, help="Through torch.compile; usual on a GPU.")
@click.option("--rehearse", is_flag=True, help="Every stage for a few small steps: does all work on this machine?")
@click.option("--threads", type=click.IntRange(min=0), default=0, help="Of the CPU; 0 leaves it to torch.")
@click.option(
    "--effort", type=click.Choice([str(e) for e in Effort]), help="Residual: whose networks; normal by default."
)
@click.option("--without-base", is_flag=True, help="Residual: above mid-gray, to compare with.")
@click.option(
    "--steps",
    type=click.IntRange(min=0),
    nargs=2,
    default=(0, 0),
    help="Residual: steps of its stages plain and adapted, to train as long as another; 0 leaves it to --hours.",
)
@gathered(RecipeGiven)
def recipe(_: click.Context, given: RecipeGiven) -> None:
    """Train, export and judge all models of a recipe; called again with the same OUT, go on where it was stopped."""
    if given.threads:
        torch.set_num_threads(given.threads)
    chosen = given.choice.recipe()
    chosen = chosen.rehearsed() if given.rehearse else chosen
    compiled = given.device != "cpu" and not given.rehearse if given.compiled is None else given.compiled
    run = Given(given.data, given.others, given.start, given.hours, given.device, compiled, given.command())
    click.echo(run_recipe(chosen, run, given.out, click.echo))


@click.command("measure-variable")
@click.argument("checkpoint", type=SOURCE, nargs=-1, required=True)
@click.option("--data", type=FOLDER, multiple=True, required=True, help="Folder of lossless photographs; repeatable.")
@click.option("--rate", type=float, multiple=True, default=(0.15, 0.3, 0.45), show_default=True, help="Bits per pixel.")
@click.option("--all", "plain", is_flag=True, help="All pictures, not those that training holds out.")
@click.option("--grid", is_flag=True, help="The decoder's weights on their grid of 8 bits.")
@click.option("--threads", default=1, show_default=True)
def measure_variable(
    checkpoint: tuple[Path, ...], data: tuple[Path, ...], rate: tuple[float, ...], plain: bool, grid: bool, threads: int
) -> None:
    """Measure a float checkpoint of any rate: means over whole pictures, rates estimated and met by each."""
    torch.set_num_threads(threads)
    network = Base2().eval()
    begin(network, read_weights(checkpoint))
    network.grid.fill_(float(grid))
    if plain:
        pictures = [read_picture(path) for folder in data for path in picture_paths(folder)]
    else:
        pictures = list(load_mixture(data).validation)
    for line in measured(network, pictures, rate):
        click.echo(line)

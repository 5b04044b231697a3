"""Options and arguments that several commands share, so that they mean the same everywhere; `gathered` joins them."""

import math
import os
from collections.abc import Callable
from functools import wraps
from pathlib import Path
from typing import Any, Final, TypeVar

import click

from hybridcodec.arguments import MAX_SCALE
from hybridcodec.cli.outputs import as_path
from hybridcodec.errors import InputError
from hybridcodec.limits import MAX_PIXELS
from hybridcodec.modes import Effort, Keep, Preview
from hybridcodec.region import Region

Options = TypeVar("Options")


def gathered(options: type[Options]) -> Callable[[Callable[[click.Context, Options], None]], Callable[..., None]]:
    """Let a command take its context and one value with all that was given to it.

    Args:
        options: a frozen dataclass, its fields named after the parameters that click declares.
    """

    def decorate(command: Callable[[click.Context, Options], None]) -> Callable[..., None]:
        @click.pass_context
        @wraps(command)
        def taking_parameters(ctx: click.Context, /, **given: Any) -> None:
            command(ctx, options(**given))

        return taking_parameters

    return decorate


class Name(click.ParamType[str]):
    """A name of a file as it was given: a slash at its end says that it is a folder."""

    name = "path"

    def convert(self, value: object, param: click.Parameter | None, ctx: click.Context | None) -> str:
        """Return the name; an empty one is an unset variable in a script, and no name of the current folder."""
        text = os.fspath(value) if isinstance(value, Path) else str(value)
        if not text:
            self.fail("expected the name of a file, found an empty one", param, ctx)
        return text


class FilePath(click.ParamType[Path]):
    """The path of a file, or a dash."""

    name = "path"

    def convert(self, value: object, param: click.Parameter | None, ctx: click.Context | None) -> Path:
        """Return the path."""
        return as_path(NAME.convert(value, param, ctx))


class Number(click.FloatRange):
    """A number in a range; "nan" is in none, though no comparison says so."""

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> float:
        """Return the number."""
        found = float(super().convert(value, param, ctx))
        if math.isnan(found):
            self.fail(f"{value} is no number", param, ctx)
        return found


class RegionText(click.ParamType[tuple[int, ...]]):
    """A region as four numbers between commas; `region.Region` says what is wrong with them."""

    name = "region"

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> tuple[int, ...]:
        """Return the numbers."""
        try:
            numbers = tuple(int(number) for number in value.split(","))
            Region.of(numbers)
        except (InputError, ValueError):
            self.fail(f"expected X,Y,W,H, whole pixels, X and Y from 0, W and H from 1; found {value}", param, ctx)
        return numbers


NAME: Final = Name()
PATH: Final = FilePath()

sources = click.argument("arguments", metavar="IN... [OUT]", nargs=-1, required=True, type=NAME)
source = click.argument("source", metavar="IN", type=PATH)
target = click.argument("target", metavar="OUT", type=NAME)
output = click.option(
    "-o", "--output", metavar="OUT", type=NAME, help="File or folder to write; then all arguments are inputs."
)
force = click.option("-f", "--force", is_flag=True, help="Overwrite OUT if it exists.")
quiet = click.option("-q", "--quiet", is_flag=True, help="No progress bar and no result line.")
max_pixels = click.option(
    "--max-pixels",
    type=click.IntRange(1),
    default=MAX_PIXELS,
    show_default=True,
    metavar="N",
    help="Refuse a file that claims more, width times height, before anything is made of it.",
)
max_error = click.option(
    "--max-error", type=click.IntRange(1, 65535), help="Largest error of any sample in near-lossless mode."
)
keep = click.option(
    "--keep",
    type=click.Choice([keep.value for keep in Keep]),
    help="Give back the same file, or its pictures and metadata; auto: the file where that costs next to nothing, "
    "or no more than what would be lost without it.",
)
preview = click.option(
    "--preview",
    type=click.Choice([preview.value for preview in Preview]),
    default=Preview.AUTO.value,
    show_default=True,
    help="Size of the preview; auto: full in photographs, a small share of other files.",
)
allow_matching = click.option(
    "--allow-matching",
    is_flag=True,
    help="Code pages by the help of similar places: smaller, still exact, and the file says so for ever.",
)
quality = click.option("--quality", type=Number(0, 100), metavar="Q", help="Of a preview alone, 0 to 100; usual is 30.")
target_bpp = click.option(
    "--target-bpp", type=Number(0, 1000, min_open=True), metavar="X", help="Bits per pixel of a preview alone."
)
target_size = click.option(
    "--target-size", type=click.IntRange(1), metavar="BYTES", help="Size of a preview alone, for each picture."
)
no_display = click.option(
    "--no-display", is_flag=True, help="Leave out the generated picture that a preview alone shows for the eye."
)
effort = click.option(
    "--effort",
    type=click.Choice([effort.value for effort in Effort]),
    default=Effort.NORMAL.value,
    show_default=True,
    help="Of photographs: fast is larger, best smaller and four times as long to encode and decode. "
    "Of a preview alone, best: refined, two minutes a megapixel. A JPEG that is kept as its file is the same at each.",
)
region = click.option(
    "--region",
    type=RegionText(),
    metavar="X,Y,W,H",
    help="Only these pixels, from the top left corner: no more of the file is read, and no more of it is proven.",
)
scale = click.option(
    "--scale",
    type=click.IntRange(0, MAX_SCALE),
    metavar="S",
    help=f"Of a preview, 0 to {MAX_SCALE}: the sides of the picture divided by 2^S, whatever size the file has.",
)
picture = click.option(
    "--picture", type=click.IntRange(0), metavar="N", help="Which picture of a file that holds several, from 0."
)

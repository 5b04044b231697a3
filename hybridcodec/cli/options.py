"""Options and arguments that several commands share, so that they mean the same everywhere."""

from pathlib import Path

import click

from hybridcodec.limits import MAX_PIXELS

PATH: click.Path = click.Path(path_type=Path, allow_dash=True)

sources = click.argument("sources", metavar="IN...", nargs=-1, required=True, type=PATH)
source = click.argument("source", metavar="IN", type=PATH)
target = click.argument("target", metavar="OUT", type=PATH)
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

"""Options and arguments that several commands share, so that they mean the same everywhere."""

from pathlib import Path

import click

PATH: click.Path = click.Path(path_type=Path, allow_dash=True)

sources = click.argument("sources", metavar="IN...", nargs=-1, required=True, type=PATH)
source = click.argument("source", metavar="IN", type=PATH)
target = click.argument("target", metavar="OUT", type=PATH)
force = click.option("-f", "--force", is_flag=True, help="Overwrite OUT if it exists.")
quiet = click.option("-q", "--quiet", is_flag=True, help="No progress bar and no result line.")

"""Options and arguments that several commands share, so that they mean the same everywhere."""

from pathlib import Path
from typing import Any

import click

PATH: click.Path = click.Path(path_type=Path, allow_dash=True)

sources: Any = click.argument("sources", metavar="IN...", nargs=-1, required=True, type=PATH)
source: Any = click.argument("source", metavar="IN", type=PATH)
target: Any = click.argument("target", metavar="OUT", type=PATH)
force: Any = click.option("-f", "--force", is_flag=True, help="Overwrite OUT if it exists.")
quiet: Any = click.option("-q", "--quiet", is_flag=True, help="No progress bar and no result line.")

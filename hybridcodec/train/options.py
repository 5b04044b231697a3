"""What options of the training commands take."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Any, Final

import click

FOLDER = click.Path(exists=True, file_okay=False, path_type=Path)
SOURCE = click.Path(exists=True, dir_okay=False, path_type=Path)


class _Output(click.Path):
    """A file to write: its folder is looked at before hours of work and not after."""

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> Path:
        path = Path(os.fsdecode(super().convert(value, param, ctx)))
        if not os.access(path.parent, os.W_OK):
            self.fail(f"the folder of '{path}' is not there or cannot be written to", param, ctx)
        return path


OUTPUT = _Output(dir_okay=False, path_type=Path)
HELD_OUT: Final = 12
"""Pictures of a folder that nothing is learned from."""

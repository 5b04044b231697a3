"""A progress bar on standard error where that is a terminal, and nothing anywhere else."""

import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager

from hybridcodec.cli.streams import is_terminal
from hybridcodec.display import shown


@contextmanager
def progress_bar(title: str, *, quiet: bool) -> Iterator[Callable[[float], None] | None]:
    """Yield a function that takes the fraction done, 0 to 1, or None where no bar is shown."""
    if quiet or not is_terminal(sys.stderr):
        yield None
        return
    from rich.console import Console
    from rich.progress import BarColumn, Progress, TaskProgressColumn, TextColumn, TimeRemainingColumn

    name = TextColumn("{task.description}", markup=False)  # brackets in a file's name are its name
    columns = (name, BarColumn(), TaskProgressColumn(), TimeRemainingColumn())
    with Progress(*columns, console=Console(stderr=True), transient=True) as progress:
        task = progress.add_task(shown(title), total=1.0)
        yield lambda fraction: progress.update(task, completed=fraction)

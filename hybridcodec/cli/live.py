"""The progress of a long run on standard error: a live bar on a terminal, one line a minute anywhere else.

`progress` shows the same bar for one file. Here the words beside it are the run's own, the time that is left among
them: files that were proven before take none, and would spoil an estimate that does not know them.
"""

import sys
import threading
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager, suppress
from typing import TYPE_CHECKING

from hybridcodec.cli.streams import is_terminal, write_error
from hybridcodec.display import shown

if TYPE_CHECKING:
    from rich.console import Console, RenderableType
    from rich.text import Text

    from hybridcodec.pipeline.progress import Progress

EVERY_SECONDS = 60.0


@contextmanager
def show_progress(progress: "Progress", *, quiet: bool) -> Iterator[Callable[[str], None]]:
    """Show `progress` while the block runs; yield a function that prints a line without spoiling what is shown."""
    if quiet:
        yield _print
    elif is_terminal(sys.stderr):
        with _live(progress) as say:
            yield say
    else:
        with _line_a_minute(progress):
            yield _print


def _print(line: str) -> None:
    write_error(shown(line))


@contextmanager
def _live(progress: "Progress") -> Iterator[Callable[[str], None]]:
    from rich.console import Console
    from rich.progress import BarColumn, TaskProgressColumn, TextColumn
    from rich.progress import Progress as Bar
    from rich.table import Column
    from rich.text import Text

    class Following(Bar):
        """Asks how far the run is whenever it is drawn."""

        def get_renderables(self) -> "Iterable[RenderableType]":
            for task in self.task_ids:
                self.update(task, total=progress.total, completed=progress.files, description=progress.line())
            return super().get_renderables()

    words = TextColumn("{task.description}", markup=False, table_column=Column())  # one that wraps where it is narrow
    bar = Following(BarColumn(20), TaskProgressColumn(), words, console=Console(stderr=True), transient=True)
    bar.add_task(progress.line(), total=progress.total)
    with bar:
        yield lambda line: _above(bar.console, Text(shown(line)))


def _above(console: "Console", line: "Text") -> None:
    with suppress(OSError, ValueError):  # the terminal may be gone; the run goes on
        console.print(line, soft_wrap=True)


@contextmanager
def _line_a_minute(progress: "Progress") -> Iterator[None]:
    done = threading.Event()

    def tell() -> None:
        while not done.wait(EVERY_SECONDS):
            _print(progress.line())

    teller = threading.Thread(target=tell, daemon=True)
    teller.start()
    try:
        yield
    finally:
        done.set()
        teller.join()

"""The progress of a long run on standard error: one live line on a terminal, one line a minute anywhere else."""

import sys
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from typing import TYPE_CHECKING

from hybridcodec.cli.streams import is_terminal, write_error
from hybridcodec.display import shown

if TYPE_CHECKING:
    from rich.console import Console
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
    from rich.live import Live
    from rich.text import Text

    console = Console(stderr=True)
    with Live(get_renderable=lambda: Text(progress.line()), console=console, refresh_per_second=4, transient=True):
        yield lambda line: _above(console, Text(shown(line)))


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

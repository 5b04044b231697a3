"""The progress of a long run on standard error: one live line on a terminal, one line a minute anywhere else."""

import sys
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING

import click

if TYPE_CHECKING:
    from hybridcodec.pipeline.progress import Progress

EVERY_SECONDS = 60.0


@contextmanager
def show_progress(progress: "Progress", *, quiet: bool) -> Iterator[Callable[[str], None]]:
    """Show `progress` while the block runs; yield a function that prints a line without spoiling what is shown."""
    if quiet:
        yield _print
    elif sys.stderr.isatty():
        with _live(progress) as say:
            yield say
    else:
        with _line_a_minute(progress):
            yield _print


def _print(line: str) -> None:
    click.echo(line, err=True)


@contextmanager
def _live(progress: "Progress") -> Iterator[Callable[[str], None]]:
    from rich.console import Console
    from rich.live import Live
    from rich.text import Text

    console = Console(stderr=True)
    with Live(get_renderable=lambda: Text(progress.line()), console=console, refresh_per_second=4, transient=True):
        yield lambda line: console.print(Text(line), soft_wrap=True)


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

"""What the commands say: results on standard output, unless that carries the data, and failures on standard error."""

from collections.abc import Callable, Iterable
from pathlib import Path

import click

from hybridcodec.errors import HybridcodecError
from hybridcodec.storage import STREAM


def say_error(error: HybridcodecError) -> None:
    """Print the one line that says what was found and what to do."""
    click.echo(f"hybridcodec: {error}", err=True)


def say_result(line: str, target: Path, *, quiet: bool) -> None:
    """Print a result, on standard error where standard output carries the data."""
    if not quiet:
        click.echo(line, err=target == STREAM)


def for_each(jobs: Iterable[tuple[Path, Path]], job: Callable[[Path, Path], None]) -> int:
    """Run `job` on every (source, target); a failure is said and does not stop the others.

    Returns the exit code of the first failure, 0 when there was none.
    """
    codes = []
    for source, target in jobs:
        try:
            job(source, target)
        except HybridcodecError as error:
            say_error(error)
            codes.append(error.exit_code)
    return codes[0] if codes else 0

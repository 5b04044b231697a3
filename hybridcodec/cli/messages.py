"""What the commands say: results on standard output, unless that carries the data, and failures on standard error.

All that is printed passes here, and names and messages from outside are escaped here and nowhere else.
"""

import json
from collections.abc import Callable, Iterable, Mapping
from pathlib import Path
from typing import Any

import click

from hybridcodec.cli.streams import write_error, write_line
from hybridcodec.display import shown
from hybridcodec.errors import HybridcodecError, InputError
from hybridcodec.modes import Keep, Mode
from hybridcodec.storage.files import STREAM


def say(line: str) -> None:
    """Print one line for people.

    Raises:
        InputError: standard output does not take it.
    """
    write_line(shown(line))


def say_json(facts: Mapping[str, Any]) -> None:
    """Print one line for programs: exactly what is known, in ASCII, everything else as JSON escapes it.

    Raises:
        InputError: standard output does not take it.
    """
    write_line(json.dumps(facts))


def warn(line: str) -> None:
    """Print one line on standard error."""
    write_error(shown(f"hybridcodec: {line}"))


def say_error(error: HybridcodecError) -> None:
    """Print the one line that says what was found and what to do; a reader that went away has asked for no more."""
    if not isinstance(error.__cause__, BrokenPipeError):
        warn(str(error))


def usage_line(error: click.ClickException) -> str:
    """Return in one line what is wrong with a command line, and where help is."""
    setattr(error, "message", shown(error.message))  # noqa: B010 - click calls it final
    text = " ".join(error.format_message().split()).removesuffix(".")  # click lists choices in lines of their own
    path = error.ctx.command_path if isinstance(error, click.UsageError) and error.ctx else ""
    return f"{path}: {text}; {path} --help says more" if path else f"hybridcodec: {text}"


def restored(mode: Mode | None, max_error: int, *, file: bool) -> str:
    """Return in words how much of its source a .hyc file gives back: its `file`, or what of its content."""
    if file:
        return Keep.FILE
    if mode is Mode.PERCEPTUAL:
        return "preview"
    return f"{Keep.CONTENT} within {max_error}" if mode is Mode.NEAR_LOSSLESS else Keep.CONTENT


def say_result(line: str, target: Path, *, quiet: bool) -> None:
    """Print what was done, on standard error where standard output carries the data.

    Raises:
        InputError: it cannot be said. What was done stays done.
    """
    if quiet:
        return
    if target == STREAM:
        write_error(shown(line))
        return
    try:
        say(line)
    except InputError as error:
        raise InputError(f"{error}; it should have said: {line}") from error.__cause__


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

"""Which arguments of a command are inputs and which one is its output, so that a forgotten output costs nothing."""

import os
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Final

import click

from hybridcodec.errors import InputError
from hybridcodec.storage.files import STREAM, plan_outputs, require_not_source
from hybridcodec.storage.targets import HYC, PICTURE, PICTURE_SUFFIXES, TargetKind, require_named


@dataclass(frozen=True)
class Grammar:
    """How a command tells the last of several arguments.

    Attributes:
        kind: what it writes.
        outputs: suffixes that only its outputs have.
        is_input: whether what has no such suffix is one more input.
        replaces: whether `-f` may replace what lies beside an input though nobody named it.
    """

    kind: TargetKind
    outputs: frozenset[str]
    is_input: Callable[[str], bool]
    replaces: bool


ENCODING: Final = Grammar(HYC, HYC.suffixes, os.path.isfile, replaces=True)
DECODING: Final = Grammar(PICTURE, PICTURE_SUFFIXES, lambda name: name.lower().endswith(".hyc"), replaces=False)


def plan(
    arguments: Sequence[str], output: str | None, grammar: Grammar, suffix: str, *, force: bool
) -> list[tuple[Path, Path]]:
    """Return every input with its output; outputs that are not named end in `suffix`.

    Raises:
        UsageError: the output must be named, and is not.
        InputError: as `plan_outputs` says, or several inputs would go into one file.
    """
    names, target = _split(arguments, output, grammar)
    sources = [as_path(name) for name in names]
    if target is None:
        if STREAM in sources:
            raise click.UsageError("standard input has no name to give a file: name OUT")
        if force and (len(sources) > 1 or not grammar.replaces):
            raise click.UsageError("-f replaces an output that is named, and OUT is missing: name a file or a folder")
        return plan_outputs(sources, None, suffix)
    path, folder = as_path(target), _is_folder(target)
    if not folder:
        require_not_source(path, source=sources[0])
        require_named(path, grammar.kind)
    one_file = path == STREAM or path.suffix.lower() in grammar.outputs
    if len(sources) > 1 and not folder and one_file:
        raise InputError(f"{path}: is one file, found {len(sources)} inputs; name a folder, such as {path.stem}/")
    return plan_outputs(sources, path, suffix, folder=folder)


def as_path(name: str) -> Path:
    """Return the path that an argument means: `./-` is a file, unlike `-`."""
    path = Path(name)
    return Path(os.path.abspath(name)) if path == STREAM and name != str(STREAM) else path


def _split(arguments: Sequence[str], output: str | None, grammar: Grammar) -> tuple[Sequence[str], str | None]:
    if output is not None:
        return arguments, output
    *others, last = arguments
    if not others:
        return arguments, None
    suffix = os.path.splitext(last)[1].lower()
    is_output = last == str(STREAM) or _is_folder(last) or suffix in grammar.outputs or last in others
    return (others, last) if is_output or not grammar.is_input(last) else (arguments, None)


def _is_folder(name: str) -> bool:
    return os.path.isdir(name) or name.endswith(tuple(separator for separator in (os.sep, os.altsep) if separator))

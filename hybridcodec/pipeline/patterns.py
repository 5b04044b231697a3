"""Patterns such as `in/**/*.png`, as in a shell: `*`, `?` and `[...]` within a name, `**` for any number of folders.

It differs from the module `glob` in what it does not follow: a link to a folder that a wildcard meets is given back and
not entered, so that no file is found twice and no loop has an end only because the system gives up. Wildcards leave out
names that begin with a dot, unless the pattern has that dot.
"""

import fnmatch
import glob
import os
import re
from collections.abc import Callable, Iterator, Sequence
from itertools import pairwise

from hybridcodec.errors import InputError
from hybridcodec.pipeline.walk import Unlisted, is_folder, scan

_ANY_FOLDERS = "**"
_Enters = Callable[[str], bool]


def is_pattern(name: str) -> bool:
    """Tell whether a name is a pattern, and not that of a file whose name only looks like one."""
    return glob.has_magic(name) and not os.path.lexists(name)


def fixed_part(pattern: str) -> str:
    """Return the folder before the first wildcard; empty for the current one."""
    while glob.has_magic(pattern):
        pattern = os.path.dirname(pattern)
    return pattern


def require_downward(pattern: str) -> None:
    """Refuse a pattern that goes up again behind a wildcard: what it finds has no place in a mirrored tree.

    Raises:
        InputError: it does.
    """
    if os.pardir in pattern[len(fixed_part(pattern)) :].split(os.sep):
        raise InputError(f"{pattern}: a pattern cannot go up ('..') behind its first wildcard")


def matches(pattern: str, enters: _Enters) -> Iterator[str | Unlisted]:
    """Yield every file that fits, every link to a folder that would have to be followed, and folders without a list.

    `enters` tells which folders are entered at all.
    """
    fixed = fixed_part(pattern)
    parts = [part for part in pattern[len(fixed) :].split(os.sep) if part]
    once = [part for part, after in pairwise([*parts, ""]) if not part == after == _ANY_FOLDERS]
    return _below(fixed, once, enters)


def _below(folder: str, parts: Sequence[str], enters: _Enters) -> Iterator[str | Unlisted]:
    part, rest = parts[0], parts[1:]
    if part == _ANY_FOLDERS:
        yield from _in_any_folder(folder, rest or ["*"], enters)
    elif glob.has_magic(part):
        yield from _matching(folder, part, rest, enters)
    elif not rest:
        if os.path.lexists(os.path.join(folder, part)):
            yield os.path.join(folder, part)
    elif os.path.isdir(os.path.join(folder, part)):  # named, so a link will do
        yield from _below(os.path.join(folder, part), rest, enters)


def _in_any_folder(folder: str, rest: Sequence[str], enters: _Enters) -> Iterator[str | Unlisted]:
    """What fits `rest` in this folder, and in every one below it."""
    yield from _below(folder, rest, enters)
    open_folders = [scan(folder or os.curdir)]
    while open_folders:
        met = next(open_folders[-1], None)
        if met is None:
            open_folders.pop()
        elif isinstance(met, Unlisted):
            yield met
        elif met.name.startswith("."):
            continue
        elif is_folder(met) and enters(met.path):
            yield from _below(met.path, rest, enters)
            open_folders.append(scan(met.path))
        elif met.is_symlink() and os.path.isdir(met.path):
            yield met.path


def _matching(folder: str, part: str, rest: Sequence[str], enters: _Enters) -> Iterator[str | Unlisted]:
    """What fits in this folder, where `part` has wildcards."""
    fits = re.compile(fnmatch.translate(os.path.normcase(part))).match
    for met in scan(folder or os.curdir):
        if isinstance(met, Unlisted):
            yield met
            continue
        hidden = met.name.startswith(".") and not part.startswith(".")
        if hidden or not fits(os.path.normcase(met.name)):
            continue
        if is_folder(met):
            if rest and enters(met.path):
                yield from _below(met.path, rest, enters)
        elif not rest or (met.is_symlink() and os.path.isdir(met.path)):
            yield met.path

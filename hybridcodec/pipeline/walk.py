"""Going through folders, one entry at a time: nothing is gathered, links to folders are met and not followed."""

import os
from collections.abc import Callable, Iterator
from dataclasses import dataclass


@dataclass(frozen=True)
class Unlisted:
    """A folder that cannot be listed, or not to its end, and why."""

    path: str
    reason: str


Met = os.DirEntry[str] | Unlisted


def scan(folder: str) -> Iterator[Met]:
    """Yield what is in a folder."""
    try:
        with os.scandir(folder) as entries:
            yield from entries
    except OSError as error:
        yield Unlisted(folder, error.strerror or str(error))


def walk(folder: str, enters: Callable[[str], bool]) -> Iterator[Met]:
    """Yield everything below a folder but the folders themselves; of these only those are entered that `enters` likes.

    As many folders are open at a time as lie within each other, whatever their number.
    """
    open_folders = [scan(folder)]
    while open_folders:
        met = next(open_folders[-1], None)
        if met is None:
            open_folders.pop()
        elif isinstance(met, Unlisted) or not is_folder(met):
            yield met
        elif enters(met.path):
            open_folders.append(scan(met.path))


def is_folder(entry: os.DirEntry[str]) -> bool:
    """Tell whether an entry is a folder, and no link to one."""
    try:
        return entry.is_dir(follow_symlinks=False)
    except OSError:
        return False

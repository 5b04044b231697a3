"""What a run is about: files, folders, patterns and lists, as one stream of sources and the outputs they get.

Nothing is gathered: a million files pass through one by one. The tree below a folder or a pattern is mirrored.
"""

import glob
import os
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path, PurePosixPath

from hybridcodec.errors import InputError

SUFFIXES = frozenset(
    ".png .jpg .jpeg .jpe .jfif .tif .tiff .bmp .dib .ppm .pgm .pnm .webp".split()  # noqa: SIM905
)
"""Suffixes of the pictures that are looked for in folders; a file that is named is taken whatever its suffix."""
LIST = "-"


@dataclass
class Listing:
    """The sources of a run.

    Attributes:
        names: files, folders, patterns such as `in/**/*.png`, and `-` for a list on standard input, one path a line.
        destination: folder of the outputs; it is left out where it lies inside a source folder.
        keep_suffix: outputs are named `a.png.hyc` and not `a.hyc`.
        lines: the paths that `-` stands for (see `path_list`).
        left_out: how many files in folders were no pictures by their suffix; counted while the listing is read.
    """

    names: Sequence[str]
    destination: Path
    keep_suffix: bool = False
    lines: Iterable[str] | None = None
    left_out: int = field(default=0, init=False)

    def __iter__(self) -> Iterator[tuple[str, str]]:
        """Yield (absolute path of the source, output below the destination with forward slashes).

        Raises:
            InputError: a pattern fits nothing.
        """
        self.left_out = 0
        for name in self.names:
            for path, relative in self._expand(name):
                yield os.path.abspath(path), self._output(relative)

    def count(self) -> int | None:
        """Return how many sources there are, None where that cannot be told beforehand."""
        return None if LIST in self.names else sum(1 for _ in Listing(self.names, self.destination))

    def _expand(self, name: str) -> Iterator[tuple[str, str]]:
        if name == LIST:
            for path in self.lines or ():
                yield from self._listed(path)
        elif os.path.isdir(name):
            yield from self._walk(name, "")
        elif glob.has_magic(name) and not os.path.lexists(name):
            yield from self._pattern(name)
        else:
            yield name, os.path.basename(name)

    def _listed(self, path: str) -> Iterator[tuple[str, str]]:
        """One path of a list: mirrored as it is named, from here or from the root."""
        relative = os.path.relpath(path)
        inside = not relative.startswith(os.pardir)
        mirrored = relative if inside else os.path.splitdrive(os.path.abspath(path))[1].lstrip(os.sep)
        if os.path.isdir(path):
            yield from self._walk(path, "" if mirrored == os.curdir else mirrored)
        else:
            yield path, mirrored

    def _walk(self, folder: str, mirrored: str) -> Iterator[tuple[str, str]]:
        own = os.path.realpath(self.destination)
        try:
            entries = os.scandir(folder)
        except OSError as error:
            raise InputError(f"{folder}: cannot be listed: {error.strerror}") from error
        with entries:
            for entry in entries:
                inner = os.path.join(mirrored, entry.name)
                if entry.is_dir(follow_symlinks=False):
                    if os.path.realpath(entry.path) != own:
                        yield from self._walk(entry.path, inner)
                elif os.path.splitext(entry.name)[1].lower() in SUFFIXES and not entry.is_dir():
                    yield entry.path, inner
                else:
                    self.left_out += 1

    def _pattern(self, pattern: str) -> Iterator[tuple[str, str]]:
        fixed = pattern
        while glob.has_magic(fixed):
            fixed = os.path.dirname(fixed)
        found, own = False, os.path.realpath(self.destination)
        for path in glob.iglob(pattern, recursive=True):
            if os.path.isfile(path) and not Path(os.path.realpath(path)).is_relative_to(own):
                found = True
                yield path, os.path.relpath(path, fixed or os.curdir)
        if not found:
            raise InputError(f"{pattern}: no file has such a name")

    def _output(self, relative: str) -> str:
        path = PurePosixPath(Path(relative).as_posix())
        return str(path.with_name(path.name + ".hyc") if self.keep_suffix else path.with_suffix(".hyc"))

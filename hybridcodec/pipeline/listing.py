"""What a run is about: files, folders, patterns and lists, as one stream of entries, one for every file that is met.

Nothing is gathered: a million files pass through one by one. The tree below a folder or a pattern is mirrored. Files
that are no pictures are entries too, of another kind: see `others`.
"""

import errno
import os
from collections import Counter, defaultdict
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from functools import lru_cache
from pathlib import Path, PurePosixPath
from stat import S_ISDIR, S_ISLNK

from hybridcodec.errors import InputError
from hybridcodec.pipeline.clutter import APPLE_DOUBLE, HIDDEN_FOLDER, Clutter, find_clutter
from hybridcodec.pipeline.evidence import EVIDENCE_FOLDER
from hybridcodec.pipeline.others import Kind
from hybridcodec.pipeline.patterns import fixed_part, is_pattern, matches, require_downward
from hybridcodec.pipeline.seen import Seen
from hybridcodec.pipeline.walk import Unlisted, walk
from hybridcodec.sources.formats import is_found_without_suffix, is_picture_suffix
from hybridcodec.sources.signatures import looks_readable
from hybridcodec.storage.files import with_suffix
from hybridcodec.storage.regular import kind_of, open_regular

LIST = "-"


class NothingFitsError(InputError):
    """A pattern that fits nothing; said when everything else was listed."""


_MOST_LABELS, _HEAD, _REST = 40, 1024, "of other names"
_INDEXES = frozenset({"dicomdir"})
"""Names of files that have a picture's mark and only list other files."""
_APPLE_DOUBLE_MAGIC = b"\0\x05\x16\7"
_TOLD_APART = frozenset({Kind.OTHER, Kind.HIDDEN, Kind.REMADE, Kind.SPECIAL})
_OF_CLUTTER = {Clutter.REMADE: Kind.REMADE, Clutter.OURS: Kind.OURS, Clutter.HIDDEN: Kind.HIDDEN}


@dataclass(frozen=True)
class Entry:
    """One file that a run meets.

    Attributes:
        source: its absolute path.
        output: path below the destination, with forward slashes: a .hyc file for a picture, else the mirrored name.
        kind: what it is.
        about: a few words for what is no picture: a suffix, the name that tells, where a link leads, what went wrong.
    """

    source: str
    output: str
    kind: Kind = Kind.PICTURE
    about: str = ""


@dataclass(frozen=True)
class _Found:
    """A path as it was named or met; `below` are the parts of its name that nobody named, `mirrored` its place."""

    path: str
    mirrored: str
    below: tuple[str, ...] = ()
    hidden: bool = False
    named: bool = True
    problem: str = ""


@dataclass
class Listing:
    """The sources of a run.

    Attributes:
        names: files, folders, patterns such as `in/**/*.png`, and `-` for a list on standard input, one path a line.
        destination: folder of the outputs; it is left out where it lies inside a source folder.
        keep_suffix: outputs are named `a.png.hyc` and not `a.hyc`.
        lines: the paths that `-` stands for (see `path_list`).
        ledger: the run's ledger, where that does not lie in the destination; with its evidence it is left out too.
        others: what is no picture, counted by kind and by a few words; complete once the listing was read.
    """

    names: Sequence[str]
    destination: Path
    keep_suffix: bool = False
    lines: Iterable[str] | None = None
    ledger: Path | None = None
    others: dict[Kind, Counter[str]] = field(default_factory=lambda: defaultdict(Counter), init=False)

    def __post_init__(self) -> None:
        self._real: Callable[[str], str] = os.path.realpath
        for name in self.names:
            if name != LIST and is_pattern(name):
                require_downward(name)

    def __iter__(self) -> Iterator[Entry]:
        """Yield every file once, under whatever names it is met.

        Raises:
            NothingFitsError: a pattern fits nothing; raised at the end, behind everything else.
            InputError: the listing cannot go on.
        """
        self.others.clear()
        self._real = lru_cache(maxsize=256)(os.path.realpath)
        missed = []
        with Seen() as seen:
            for name in self.names:
                found = False
                for path in self._expand(name):
                    found = True
                    entry = self._entry(path, seen)
                    if entry is not None:
                        self._count(entry)
                        yield entry
                if not found and name != LIST and is_pattern(name):
                    missed.append(name)
        if missed:
            raise NothingFitsError(f"{missed[0]}: no file has such a name")

    def count(self) -> int | None:
        """Return how many entries there are, None where that cannot be told beforehand."""
        if LIST in self.names:
            return None
        return sum(1 for _ in Listing(self.names, self.destination, ledger=self.ledger))

    def _expand(self, name: str) -> Iterator[_Found]:
        if name == LIST:
            for path in self.lines or ():
                yield from self._listed(path)
        elif os.path.isdir(name):
            yield from self._walk(name, "")
        elif is_pattern(name):
            yield from self._pattern(name)
        else:
            yield _Found(name, os.path.basename(absolute(name)), problem=_no_folder(name))

    def _listed(self, path: str) -> Iterator[_Found]:
        """One path of a list: mirrored as it is named, from here or from the root."""
        if "\0" in path:
            yield _Found(path, os.path.basename(os.path.normpath(path)), problem="no file can have such a name")
            return
        relative = os.path.relpath(absolute(path))
        inside = relative.split(os.sep, 1)[0] != os.pardir
        mirrored = relative if inside else os.path.splitdrive(absolute(path))[1].lstrip(os.sep)
        if os.path.isdir(path):
            yield from self._walk(path, "" if mirrored == os.curdir else mirrored)
        else:
            mirrored = os.path.basename(absolute(path)) if mirrored == os.curdir else mirrored
            yield _Found(path, mirrored, _parts(mirrored), problem=_no_folder(path))

    def _walk(self, folder: str, mirrored: str) -> Iterator[_Found]:
        start = len(os.path.join(folder, ""))
        for met in walk(folder, self._enters):
            below = met.path[start:]
            inner = os.path.join(mirrored, below) or os.path.basename(absolute(folder))
            problem = met.reason if isinstance(met, Unlisted) else ""
            yield _Found(met.path, inner, _parts(below), hidden=True, named=False, problem=problem)

    def _pattern(self, pattern: str) -> Iterator[_Found]:
        fixed = fixed_part(pattern) or os.curdir
        for met in matches(pattern, self._enters):
            path, problem = (met.path, met.reason) if isinstance(met, Unlisted) else (met, "")
            mirrored = os.path.relpath(path, fixed)
            if mirrored == os.curdir:
                mirrored = os.path.basename(absolute(path))
            yield _Found(path, mirrored, _parts(mirrored), problem=problem)

    def _enters(self, folder: str) -> bool:
        """Outputs are no sources, and neither is what belongs to this run."""
        real = self._real(folder)
        if self.ledger is not None and real == os.path.join(self._real(str(self.ledger.parent)), EVIDENCE_FOLDER):
            return False
        own = self._real(str(self.destination))
        return real not in (own, os.path.join(own, HIDDEN_FOLDER))

    def _is_ledger(self, place: str) -> bool:
        if self.ledger is None or not os.path.basename(place).startswith(self.ledger.name):
            return False
        return os.path.dirname(place) == self._real(str(self.ledger.parent))

    def _entry(self, found: _Found, seen: Seen) -> Entry | None:
        """Return what was found as an entry, None if it was met before."""
        source = absolute(found.path)
        folder, name = os.path.split(source)
        place = source if found.problem else os.path.join(self._real(folder), name)
        if seen.before(f"{'problem' if found.problem else 'name'} {place}", source) or self._is_ledger(place):
            return None
        kind, about = self._kind(found, place)
        if kind is Kind.PICTURE:
            real = os.path.realpath(place)
            first = seen.before("picture " + real, source)
            if first and real != place:  # the file itself is taken even if a link to it came first
                kind, about = Kind.SAME, first
        return Entry(source, self._output(found.mirrored, kind), kind, about)

    def _kind(self, found: _Found, place: str) -> tuple[Kind, str]:
        """Return what was found, and a few words about it."""
        if found.problem:
            return Kind.UNREADABLE, found.problem
        try:
            mode = os.lstat(place).st_mode
            if S_ISLNK(mode):
                mode = os.stat(place).st_mode
        except OSError:
            broken = os.path.islink(place)
            return (Kind.BROKEN_LINK, os.readlink(place)) if broken else (Kind.PICTURE, "")  # whoever reads it says why
        if S_ISDIR(mode):
            return Kind.LINKED_FOLDER, os.path.realpath(place)
        if kind_of(mode):
            return Kind.SPECIAL, kind_of(mode)
        clutter = self._clutter(found, place)
        if clutter is not None:
            return _OF_CLUTTER[clutter[0]], clutter[1]
        name = os.path.basename(place)
        suffix = os.path.splitext(name)[1].lower()
        if is_picture_suffix(suffix) or (found.named and looks_readable(_begins(place))):
            return Kind.PICTURE, ""
        if _tells_nothing(suffix) and is_found_without_suffix(_begins(place)) and name.casefold() not in _INDEXES:
            return Kind.PICTURE, ""
        return Kind.OTHER, suffix or "without a suffix"

    def _clutter(self, found: _Found, place: str) -> tuple[Clutter, str] | None:
        parts = _parts(place) + _parts(os.path.realpath(place))
        if any(part.casefold() == HIDDEN_FOLDER for part in parts):
            return Clutter.OURS, HIDDEN_FOLDER
        clutter = find_clutter(found.below or parts[-1:], hidden=found.hidden)
        if clutter == (Clutter.REMADE, APPLE_DOUBLE) and not _begins(place).startswith(_APPLE_DOUBLE_MAGIC):
            return Clutter.HIDDEN, APPLE_DOUBLE  # no more than a name that begins like one
        return clutter

    def _output(self, relative: str, kind: Kind) -> str:
        path = PurePosixPath(Path(relative).as_posix())
        if kind is not Kind.PICTURE:
            return str(path)
        return str(path.with_name(path.name + ".hyc") if self.keep_suffix else with_suffix(path, ".hyc"))

    def _count(self, entry: Entry) -> None:
        """Count what is no picture; only so many words are told apart, since a suffix may be anything."""
        if entry.kind is Kind.PICTURE:
            return
        counter = self.others[entry.kind]
        about = entry.about if entry.kind in _TOLD_APART else ""
        counter[about if about in counter or len(counter) < _MOST_LABELS else _REST] += 1

    def take_back(self, entry: Entry) -> None:
        """Count an entry that was just met no longer among what is no picture: it is an output of the run's own."""
        counter = self.others[entry.kind]
        about = entry.about if entry.kind in _TOLD_APART else ""
        counter.subtract([about if about in counter else _REST])
        self.others[entry.kind] = +counter
        if not self.others[entry.kind]:
            del self.others[entry.kind]


def absolute(path: str) -> str:
    """Return an absolute path of the same file: what `..` means behind a link, only the system can tell."""
    if os.pardir not in path.split(os.sep):
        return os.path.abspath(path)
    folder, name = os.path.split(path)
    if name in (os.curdir, os.pardir, ""):
        return os.path.realpath(path)
    return os.path.join(os.path.realpath(folder), name)


def _tells_nothing(suffix: str) -> bool:
    """Tell whether a suffix says nothing of what a file is: none, or a number, as the UIDs of DICOM end in."""
    return suffix[1:].isdecimal() or not suffix


def _no_folder(path: str) -> str:
    """Return what is wrong with a path that names a folder by how it ends, and leads to none; empty for other paths."""
    if os.path.basename(path) not in ("", os.curdir, os.pardir):
        return ""
    try:
        os.stat(path)
    except (OSError, ValueError) as error:
        return getattr(error, "strerror", None) or str(error)
    return os.strerror(errno.ENOTDIR)


def _parts(path: str) -> tuple[str, ...]:
    return tuple(path.split(os.sep))


def _begins(path: str) -> bytes:
    with suppress(OSError), open_regular(Path(path)) as file:
        return file.read(_HEAD)
    return b""

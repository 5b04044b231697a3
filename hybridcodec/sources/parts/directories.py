"""TIFF's directories as they stand in a file: classic and BigTIFF, both byte orders (TIFF 6.0 section 2; BigTIFF).

Pillow gives values; here is where each of them lies, which decides what nothing refers to. An EXIF block is such a file
too. Sizes and offsets are believed only as far as the file reaches, and every chain ends.
"""

import struct
from collections.abc import Iterator
from dataclasses import dataclass
from fractions import Fraction
from typing import Final

SIZES: Final = {1: 1, 2: 1, 3: 2, 4: 4, 5: 8, 6: 1, 7: 1, 8: 2, 9: 4, 10: 8, 11: 4, 12: 8, 13: 4, 16: 8, 17: 8, 18: 8}
"""Type of a value -> bytes of one."""
_CODES: Final = {
    1: "B",
    3: "H",
    4: "I",
    6: "b",
    7: "B",
    8: "h",
    9: "i",
    11: "f",
    12: "d",
    13: "I",
    16: "Q",
    17: "q",
    18: "Q",
}
_RATIONAL: Final = {5: "I", 10: "i"}
_ASCII: Final = 2
_MOST_DIRECTORIES: Final = 1024
"""To which one tag points."""
_MOST_PAGES: Final = 8192
_MOST_ENTRIES: Final = 1 << 17
"""Of all directories of a file together; those beyond are not read."""
_LONGEST_VALUES: Final = 1 << 20
Values = tuple[object, ...]


@dataclass(frozen=True)
class Entry:
    """One tag: its type, how many values, and where they lie in the file as (start, end)."""

    tag: int
    kind: int
    count: int
    span: tuple[int, int]


@dataclass(frozen=True)
class Directory:
    """One directory.

    Attributes:
        entries: by tag; of a repeated tag the first one, as readers take it.
        span: where it lies.
        next: where the next one begins, 0 for none.
        unread: entries that are repeated, of an unknown type or without a value.
        broken: tags whose values lie behind the end of the file.
    """

    entries: dict[int, Entry]
    span: tuple[int, int]
    next: int
    unread: tuple[Entry, ...] = ()
    broken: tuple[int, ...] = ()


class Tiff:
    """The bytes of a TIFF file or EXIF block, read directory by directory."""

    def __init__(self, data: bytes) -> None:
        """Read the header; `valid` is false where it is none."""
        self.data = data
        self.order = ">" if data.startswith(b"MM") else "<"
        magic = int.from_bytes(data[2:4], "big" if self.order == ">" else "little")
        self.big = magic == 43
        self.valid = data[:2] in (b"II", b"MM") and magic in (42, 43, 0x2A00)  # the last one: bytes the wrong way round
        self.header_bytes = 16 if self.big else 8
        self.most_pages = _MOST_PAGES
        self.first = self._number(8, 8) if self.big else self._number(4, 4)
        self._entries_left = _MOST_ENTRIES

    def pages(self) -> Iterator[Directory]:
        """Yield the directories of the chain, each once."""
        at, seen = self.first, set[int]()
        while self.valid and at and at not in seen and len(seen) < self.most_pages:
            seen.add(at)
            directory = self.directory(at)
            if directory is None:
                return
            yield directory
            at = directory.next

    def directory(self, at: int) -> Directory | None:
        """Return the directory at byte `at`, None where none can be."""
        count_bytes, entry_bytes, offset_bytes = (8, 20, 8) if self.big else (2, 12, 4)
        count = self._number(at, count_bytes)
        start = at + count_bytes
        end = start + count * entry_bytes + offset_bytes
        if at <= 0 or not 0 < count <= self._entries_left or end - offset_bytes > len(self.data):
            return None
        self._entries_left -= count
        entries, unread, broken = dict[int, Entry](), list[Entry](), list[int]()
        for place in range(start, end - offset_bytes, entry_bytes):
            entry = self._entry(place, offset_bytes)
            if entry.span[1] > len(self.data):
                broken.append(entry.tag)
            elif entry.span[0] == entry.span[1] or entry.tag in entries:
                unread.append(entry)
            else:
                entries[entry.tag] = entry
        following = self._number(end - offset_bytes, offset_bytes)
        return Directory(entries, (at, min(end, len(self.data))), following, tuple(unread), tuple(broken))

    def values(self, entry: Entry | None, most: int = _LONGEST_VALUES) -> Values:
        """Return at most so many values of a tag: numbers, fractions, or the one text without what ends it."""
        if entry is None:
            return ()
        raw = self.data[entry.span[0] : entry.span[1]]
        if entry.kind == _ASCII:
            return (raw.rstrip(b"\0"),)
        count = min(entry.count, most)
        if entry.kind in _RATIONAL:
            parts = struct.unpack_from(f"{self.order}{2 * count}{_RATIONAL[entry.kind]}", raw)
            return tuple(Fraction(a, b) if b else (a, b) for a, b in zip(parts[::2], parts[1::2], strict=True))
        return struct.unpack_from(f"{self.order}{count}{_CODES[entry.kind]}", raw)

    def numbers(self, directory: Directory, tag: int, most: int = _LONGEST_VALUES) -> tuple[int, ...]:
        """Return the whole numbers of a tag; none where it has others."""
        return tuple(value for value in self.values(directory.entries.get(tag), most) if isinstance(value, int))

    def number(self, directory: Directory, tag: int, default: int = 0) -> int:
        """Return the first number of a tag."""
        found = self.numbers(directory, tag, 1)
        return found[0] if found else default

    def children(self, directory: Directory, tag: int) -> list[Directory]:
        """Return the directories that a tag points to, as far as there are any."""
        found = (self.directory(at) for at in self.numbers(directory, tag, _MOST_DIRECTORIES))
        return [child for child in found if child is not None]

    def _entry(self, place: int, offset_bytes: int) -> Entry:
        tag, kind = self._number(place, 2), self._number(place + 2, 2)
        count, value = self._number(place + 4, offset_bytes), place + 4 + offset_bytes
        size = SIZES.get(kind, 0) * count
        start = value if size <= offset_bytes else self._number(value, offset_bytes)
        return Entry(tag, kind, count, (start, start + size))

    def _number(self, at: int, size: int) -> int:
        return int.from_bytes(self.data[at : at + size], "big" if self.order == ">" else "little")

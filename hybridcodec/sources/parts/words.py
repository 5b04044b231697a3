"""Names of parts that are left out, gathered so that a hostile file cannot make the list long."""

import re
from dataclasses import dataclass, field
from typing import Final

from hybridcodec.sources.signatures import kind_of

_MOST: Final = 40
"""Names in a list; further ones are counted."""
_LABEL: Final = 40
_FILM_WITHIN: Final = 1 << 16
_STILLS: Final = (b"avif", b"avis", b"heic", b"heix", b"mif1", b"msf1", b"crx ")
_TRAILERS: Final = ((b"PK\3\4", "ZIP file"), (b"RIFF", "RIFF file"), (b"\x1a\x45\xdf\xa3", "Matroska film"))


@dataclass
class LeftOut:
    """Parts by name, in the order in which they came, with how many of a name have a size, and bytes in all."""

    _sizes: dict[str, tuple[int, int]] = field(default_factory=dict)
    _more: int = 0

    def add(self, what: str, size: int | None = None) -> None:
        """Note a part: `size` in bytes is said where it is given, and parts of one name are said once."""
        if what not in self._sizes and len(self._sizes) == _MOST:
            self._more += 1
            return
        count, total = self._sizes.get(what, (0, 0))
        self._sizes[what] = (count, total) if size is None else (count + 1, total + size)

    def add_behind(self, data: bytes, what: str) -> None:
        """Note the bytes `data` that stand behind the end of `what`, if there are any, and what they look like."""
        if data:
            looks = _looks_like(data)
            self.add(f"{counted(len(data))} behind the end of the {what}{f' ({looks})' if looks else ''}")

    def names(self) -> tuple[str, ...]:
        """Return all of it in words."""
        found = [_sized(what, count, total) for what, (count, total) in self._sizes.items()]
        return (*found, f"{self._more:,} parts more") if self._more else tuple(found)


def counted(size: int) -> str:
    """Return a number of bytes in words."""
    return f"{size:,} byte{'' if size == 1 else 's'}"


def label(raw: bytes) -> str:
    """Return a name that a file gives to one of its parts, safe to print."""
    text = re.sub(r"[^ -~]", "?", raw[:_LABEL].decode("latin-1"))
    return repr(text + "..." * (len(raw) > _LABEL))


def _sized(what: str, count: int, total: int) -> str:
    several = f"{count:,} of them, " if count > 1 else ""
    return f"{what} ({several}{counted(total)})" if count else what


def _looks_like(data: bytes) -> str:
    if not any(data):
        return "all zero"
    at = data.find(b"ftyp", 4, _FILM_WITHIN)
    if at >= 0 and data[at + 4 : at + 8] not in _STILLS:
        return "looks like an MP4 film"
    kind = kind_of(data) or next((name for mark, name in _TRAILERS if data.startswith(mark)), "")
    article = "an" if kind[:1] in "AEFHILMNORSX" and kind[1:2].isupper() else "a"
    return f"looks like {article} {kind}" if kind else ""

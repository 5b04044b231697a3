"""The page of one file: written where it may be, and only when it is whole."""

from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from hybridcodec.errors import InputError, MismatchError
from hybridcodec.limits import MAX_PIXELS, memory_as_limit
from hybridcodec.storage.files import STREAM, naming, start_of, write_proven
from hybridcodec.storage.targets import PAGE, require_target
from hybridcodec.view.exhibits import Exhibit, exhibit_of, named
from hybridcodec.view.markup import article
from hybridcodec.view.opened import Opened
from hybridcodec.view.template import filled, own_version
from hybridcodec.view.words import escaped

OURS: Final = b'<meta name="generator" content="hybridcodec view">'
"""By this a page of ours is known, in its first bytes."""
_START: Final = 1024
_CARDS: Final = """<form id="filter" class="filter" role="search">
<label>Name contains <input id="search" type="search" autocomplete="off" spellcheck="false"></label>
<span id="count" role="status" class="quiet"></span>
</form>
<ul class="cards" aria-label="Files">{}</ul>
"""


@dataclass(frozen=True)
class Viewed:
    """A page that was written: how many pictures there are, how many of them are in it in full, and its size."""

    pictures: int
    full: int
    page_bytes: int
    faults: tuple[str, ...] = ()


@memory_as_limit()
def view_file(
    source: Path,
    target: Path,
    original: Path | None = None,
    *,
    picture: int | None = None,
    max_pixels: int | None = MAX_PIXELS,
    force: bool = False,
) -> Viewed:
    """Write a page that shows the .hyc file `source`, beside the picture file `original` where that is given.

    Args:
        source: a .hyc file.
        target: a page, or `STREAM`.
        original: a picture file of as many pictures, each as large.
        picture: the only one to show, from 0; None for all.
        max_pixels: that of `codec.decode`.
        force: replace a page that is there.

    Raises:
        InputError: not readable or not writable, no such picture, or an original of another size.
        CorruptFileError, UnsupportedError, LimitError, MismatchError: as `codec.decode` does.
    """
    require_target(target, PAGE, force=force, source=source)
    opened = Opened.read(source, original, max_pixels)
    if picture is not None and not picture < opened.count:
        raise InputError(f"{source}: there is no picture {picture} in this file; found 0 to {opened.count - 1}")
    with naming(source):
        exhibit = named(exhibit_of(opened, source.name, picture), source.name)
    page = build_page(exhibit.name, escaped(f"{exhibit.mode}: {exhibit.short}"), [exhibit])
    write_page(target, page, force=force)
    return Viewed(1 if picture is not None else exhibit.pictures, exhibit.full, len(page.encode()))


def build_page(title: str, summary: str, exhibits: Iterable[Exhibit], cards: str = "") -> str:
    """Return a page of files; `summary` is HTML, and `cards` those of a gallery."""
    return filled(
        "hybridcodec.view",
        ("page.css",),
        ("page.js",),
        {
            "title": escaped(title),
            "summary": summary,
            "cards": _CARDS.format(cards) if cards else "",
            "room": "dialog" if cards else "section",
            "files": "\n".join(article(exhibit, number) for number, exhibit in enumerate(exhibits)),
            "version": escaped(own_version()),
        },
    )


def write_page(target: Path, page: str, *, force: bool) -> None:
    """Write a page, which has its name only after the disk gave it back."""
    data = page.encode()

    def prove(stored: bytes) -> None:
        if stored != data:
            raise MismatchError(f"{target}: the disk gives back other bytes than were written; nothing was kept")

    write_proven(target, data, prove, force=force)


def require_ours(target: Path) -> None:
    """Check that a file which nobody named, and which is in the way, is a page of ours.

    Raises:
        InputError: it is something else.
    """
    if target != STREAM and target.is_file() and OURS not in start_of(target, _START):
        raise InputError(f"{target}: is there already and no page of this command; name the page with -o")

"""The page of a folder: a card a file, each of which opens the viewer in place, with its first picture."""

from dataclasses import dataclass
from pathlib import Path
from typing import Final

from hybridcodec.display import shown
from hybridcodec.errors import HybridcodecError, InputError
from hybridcodec.limits import MAX_PIXELS, memory_as_limit
from hybridcodec.storage.targets import PAGE, require_target
from hybridcodec.view.exhibits import PIXELS, Exhibit, exhibit_of
from hybridcodec.view.markup import card
from hybridcodec.view.opened import Opened
from hybridcodec.view.page import build_page, write_page
from hybridcodec.view.words import escaped, size

FILES: Final = 400
"""Files of a folder that its page has."""


@dataclass(frozen=True)
class Gallery:
    """A page that was written.

    Attributes:
        files: how many it shows.
        full: how many of them in full, the others as thumbnails.
        left_out: how many were too many.
        page_bytes: its size.
        faults: why files that it has cannot be shown.
    """

    files: int
    full: int
    left_out: int
    page_bytes: int
    faults: tuple[HybridcodecError, ...]


@memory_as_limit()
def view_folder(folder: Path, target: Path, *, max_pixels: int | None = MAX_PIXELS, force: bool = False) -> Gallery:
    """Write a page that shows the .hyc files in a folder and those below it, hidden ones apart, by name.

    What is wrong with a file is said on its card and in what is returned.

    Raises:
        InputError: no such folder, no such file in it, or a target that cannot be written.
    """
    require_target(target, PAGE, force=force, source=folder)
    found = _files(folder)
    if not found:
        raise InputError(f"{folder}: has no .hyc file to show")
    exhibits, faults, left = list[Exhibit](), list[HybridcodecError](), PIXELS
    for path in found[:FILES]:
        name = shown(path.relative_to(folder).as_posix())
        try:
            exhibit = exhibit_of(Opened.read(path, None, max_pixels), name, 0, left)
        except HybridcodecError as error:
            faults.append(error if str(path) in str(error) else type(error)(f"{path}: {error}"))
            exhibit = Exhibit(name, fault=f"It cannot be shown: {error}")
        exhibits.append(exhibit)
        left -= sum(plate.width * plate.height for plate in exhibit.plates) if exhibit.full else 0
    full, more = sum(exhibit.full > 0 for exhibit in exhibits), len(found) - len(exhibits)
    total = sum(path.stat().st_size for path in found[:FILES])
    summary = f"{len(exhibits):,} file{'s' * (len(exhibits) > 1)}, {size(total)}"
    if full < len(exhibits) - len(faults):
        summary += f"; {full:,} of them in full, the others as thumbnails"
    if more:
        summary += f"; {more:,} more left out"
    cards = "".join(card(exhibit, number) for number, exhibit in enumerate(exhibits))
    page = build_page(shown(folder.resolve().name or "pictures"), escaped(summary), exhibits, cards)
    write_page(target, page, force=force)
    return Gallery(len(exhibits), full, more, len(page.encode()), tuple(faults))


def _files(folder: Path) -> list[Path]:
    """Return the .hyc files below a folder, none of them in hidden folders."""
    if not folder.is_dir():
        raise InputError(f"{folder}: is no folder")
    found = (path for path in folder.rglob("*") if path.suffix.lower() == ".hyc" and path.is_file())
    return sorted(path for path in found if not any(part.startswith(".") for part in path.relative_to(folder).parts))

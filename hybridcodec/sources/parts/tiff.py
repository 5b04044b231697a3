"""A TIFF: what of its tags and bytes is in neither samples nor metadata, and whether it holds more than one picture.

Sources: TIFF 6.0, its technical notes 1 (SubIFDs) and 2, TIFF/EP and DNG for camera raws.
"""

from collections.abc import Iterator
from typing import Final

from PIL import TiffTags

from hybridcodec.image import Metadata
from hybridcodec.sources.parts import exif, photoshop
from hybridcodec.sources.parts.directories import Directory, Tiff
from hybridcodec.sources.parts.words import LeftOut, counted, label

DESCRIPTIVE: Final = (270, 271, 272, 274, 282, 283, 296, 305, 306, 315, 316, 33432, 34665, 34853)
"""Tags that describe the picture and are kept as EXIF; the others describe the file and would be wrong in another one:
description, make, model, orientation, resolution, software, date, artist, host, copyright, EXIF and GPS."""
_WIDTH, _HEIGHT, _BITS, _COMPRESSION, _PHOTOMETRIC, _CHANNELS = 256, 257, 258, 259, 262, 277
_STRIPS, _STRIP_BYTES, _TILES, _TILE_BYTES, _JPEG, _JPEG_BYTES = 273, 279, 324, 325, 513, 514
_PLANAR, _ROWS_PER_STRIP = 284, 278
_SUBFILE, _OLD_SUBFILE, _SUB_DIRECTORIES, _MAKE, _DNG_VERSION = 254, 255, 330, 271, 50706
_XMP, _ICC, _IPTC, _PHOTOSHOP = 700, 34675, 33723, 34377
_STRUCTURE: Final = frozenset(
    {254, 255, 256, 257, 258, 259, 262, 266, 273, 277, 278, 279, 284, 292, 293, 317, 320, 322, 323, 324, 325, 338, 339,
     347, 514, 529, 530, 531, 532, 559}
)  # fmt: skip
_DEFAULTS: Final = {254: 0, 255: 1, 263: 1, 280: 0, 281: 255, 274: 1}
_ORIENTATION: Final = 274
_SENSOR: Final = (32803, 34892)  # photometric interpretations: colour filter array, linear raw
_REDUCED, _PAGE, _MASK = 1, 2, 4
_OLD_PAGE: Final = 3
_MOST_PICTURES: Final = 63
"""Below pages, of which a message says how many there are."""
_MOST_SAID: Final = 6


def metadata(tiff: Tiff, page: Directory) -> dict[str, bytes]:
    """Return the colour profile and the XMP packet of a page."""
    spans = {"icc": page.entries.get(_ICC), "xmp": page.entries.get(_XMP)}
    return {name: bytes(tiff.data[entry.span[0] : entry.span[1]]) for name, entry in spans.items() if entry}


def other_content(tiff: Tiff, pages: list[Directory]) -> str:
    """Say what a TIFF is whose pages are not its whole content, and what else is in it; nothing for others."""
    first, others = pages[0], list(_others(tiff, pages))
    raw = _camera_raw(tiff, first, [child for _, child in others])
    subfile, old = tiff.number(first, _SUBFILE), tiff.number(first, _OLD_SUBFILE)
    if raw:
        what = f"camera raw ({raw})"
    elif any(name.startswith("SubIFD") for name, _ in others):
        what = "TIFF with pictures below its first one"
    elif len(pages) == 1 and (subfile & (_REDUCED | _MASK) or subfile > 7 or old == 2):
        what = f"TIFF of a {'mask' if subfile & _MASK else 'reduced copy'} without its picture"
    else:
        return ""
    return f"{what}: {_listed(tiff, others)}" if others else what


def _others(tiff: Tiff, pages: list[Directory]) -> Iterator[tuple[str, Directory]]:
    """Yield the pictures besides the first page, each once, with where they stand."""
    waiting = [("", page) for page in pages]
    seen, count = {page.span[0] for page in pages}, 0
    for number, (where, directory) in enumerate(waiting):
        if number:
            yield where or f"page {number + 1}", directory
        for child in tiff.children(directory, _SUB_DIRECTORIES):
            if child.span[0] not in seen and _WIDTH in child.entries and count < _MOST_PICTURES:
                seen.add(child.span[0])
                count += 1
                waiting.append((f"SubIFD {count}", child))


def _listed(tiff: Tiff, others: list[tuple[str, Directory]]) -> str:
    said = [
        f"{tiff.number(child, _WIDTH)}x{tiff.number(child, _HEIGHT)} in {where}" for where, child in others[:_MOST_SAID]
    ]
    plural = "s" if len(others) > 1 else ""
    return f"{len(others)} more picture{plural}, {', '.join(said)}{' ...' if len(others) > len(said) else ''}"


def _camera_raw(tiff: Tiff, first: Directory, others: list[Directory]) -> str:
    if _DNG_VERSION in first.entries:
        version = ".".join(str(part) for part in tiff.numbers(first, _DNG_VERSION, 2))
        return f"DNG {version}"
    if tiff.data[8:10] == b"CR" and not tiff.big:
        return "Canon CR2"
    if tiff.data[8:12] in (b"IIII", b"MMMM"):
        return "Phase One IIQ"
    if any(tiff.number(child, _PHOTOMETRIC) in _SENSOR for child in (first, *others)):
        make = tiff.values(first.entries.get(_MAKE))
        return f"of the make {label(make[0].strip())}" if make and isinstance(make[0], bytes) else "of unknown make"
    return ""


def left_out(tiff: Tiff, pages: list[Directory], kept: list[Metadata]) -> tuple[str, ...]:
    """Name the tags that neither samples nor what is kept of each page hold, and the bytes that no tag refers to."""
    found = LeftOut()
    for page, metadata_of_page in zip(pages, kept, strict=True):
        for tag in page.entries:
            _add_tag(found, tiff, page, tag, metadata_of_page, alone=len(pages) == 1)
        for entry in page.unread:
            found.add(f"TIFF tag {entry.tag} that is repeated or cannot be read", entry.span[1] - entry.span[0])
        for tag in page.broken:
            found.add(f"TIFF tag {tag} whose value is not there")
        _add_more_samples(found, tiff, page)
        _add_lost_exif(found, tiff, page, metadata_of_page)
    _add_unused(found, tiff, pages)
    return found.names()


def _add_tag(found: LeftOut, tiff: Tiff, first: Directory, tag: int, kept: Metadata, *, alone: bool) -> None:
    entry = first.entries[tag]
    start, end = entry.span
    raw = tiff.data[start:end]
    if tag in _DEFAULTS and tiff.numbers(first, tag, 2) == (_DEFAULTS[tag],):
        return
    if tag in (_SUBFILE, _OLD_SUBFILE):
        _add_use(found, tag, tiff.number(first, tag), alone=alone)
    elif tag in DESCRIPTIVE or tag in _STRUCTURE or raw == {_XMP: kept.xmp, _ICC: kept.icc}.get(tag):
        return
    elif tag == _JPEG:
        found.add("JPEG preview", tiff.number(first, _JPEG_BYTES))
    elif tag == _IPTC:
        found.add("IPTC", len(raw))
    elif tag == _PHOTOSHOP:
        photoshop.add(found, raw)
    else:
        name = TiffTags.lookup(tag).name
        found.add(f"TIFF tag {tag}{'' if name == 'unknown' else f' {name}'}", len(raw))


def _add_use(found: LeftOut, tag: int, use: int, *, alone: bool) -> None:
    """Say what a page is for, where that is not plain."""
    name = "NewSubfileType" if tag == _SUBFILE else "SubfileType"
    if use == (_PAGE if tag == _SUBFILE else _OLD_PAGE):
        if alone:
            found.add(f"that it is a page of several ({name})")
    elif use:
        found.add(f"what a page is for ({name} {use})")


def _add_more_samples(found: LeftOut, tiff: Tiff, first: Directory) -> None:
    """Strips may hold more than the picture has rows for, and stand beside tiles."""
    if _TILES in first.entries:
        if _STRIPS in first.entries:
            found.add("strips beside the tiles of the TIFF", sum(tiff.numbers(first, _STRIP_BYTES)))
        return
    height, channels = (tiff.number(first, tag, 1) for tag in (_HEIGHT, _CHANNELS))
    sizes, rows = tiff.numbers(first, _STRIP_BYTES), tiff.number(first, _ROWS_PER_STRIP, height) or height
    planes = channels if tiff.number(first, _PLANAR, 1) == 2 else 1
    strips = -(-height // rows) * planes
    more = sum(sizes[strips:])
    if tiff.number(first, _COMPRESSION, 1) == 1:
        more = max(more, sum(sizes) - height * planes * _row_bytes(tiff, first, planes))
    if more > 0:
        found.add("bytes in the strips of the TIFF behind its last row", more)


def _add_lost_exif(found: LeftOut, tiff: Tiff, first: Directory, kept: Metadata) -> None:
    """The kept tags were written anew: compare every value, and name those that could not be taken."""
    block = Tiff(kept.exif)
    again = next((exif.tags(block, page) for page in block.pages()), {})
    for (where, tag), values in exif.tags(tiff, first).items():
        if where or tag in DESCRIPTIVE:
            if (tag, values) == (_ORIENTATION, (1,)) or _plain(values) == _plain(again.get((where, tag), ())):
                continue
            lost = "changed" if (where, tag) in again else "lost"
            name = TiffTags.lookup(tag, next((t for t, n in exif.SUB_DIRECTORIES.items() if n == where), None)).name
            found.add(f"{where or 'TIFF'} tag {tag}{'' if name == 'unknown' else f' {name}'} ({lost} in the kept EXIF)")


def _plain(values: tuple[object, ...]) -> tuple[object, ...]:
    """Return values so that a text and the same bytes of another type are equal."""
    text = values[0] if len(values) == 1 and isinstance(values[0], bytes) else None
    plain = tuple(text) if text is not None else values
    while len(plain) > 1 and plain[-1] == 0:
        plain = plain[:-1]
    return plain


def _add_unused(found: LeftOut, tiff: Tiff, pages: list[Directory]) -> None:
    used = [(0, tiff.header_bytes)]
    for page in pages:
        used += _spans(tiff, page)
    end = gaps = 0
    for start, stop in sorted(used):
        if start > end and any(tiff.data[end:start]):  # zero bytes fill up to a multiple of two or four
            gaps += start - end
        end = max(end, min(stop, len(tiff.data)))
    if gaps:
        found.add(f"{counted(gaps)} that no tag of the TIFF refers to")
    behind = tiff.data[end:]
    if behind.strip(b"\0") or len(behind) > 3:
        found.add_behind(behind, "TIFF")


def _spans(tiff: Tiff, directory: Directory, depth: int = 0) -> list[tuple[int, int]]:
    """Return where a directory, its values, its samples and the directories below it lie."""
    found = [directory.span, *(entry.span for entry in (*directory.entries.values(), *directory.unread))]
    for starts, sizes in ((_STRIPS, _STRIP_BYTES), (_TILES, _TILE_BYTES), (_JPEG, _JPEG_BYTES)):
        at, size = (tiff.numbers(directory, tag) for tag in (starts, sizes))
        if len(at) == len(size):
            found += [(start, start + length) for start, length in zip(at, size, strict=True)]
        elif at:
            found.append((min(at), _end_of_samples(tiff, directory, max(at))))
    for tag in exif.SUB_DIRECTORIES if depth < 3 else ():
        for child in tiff.children(directory, tag)[:1]:
            found += _spans(tiff, child, depth + 1)
    return found


def _end_of_samples(tiff: Tiff, directory: Directory, start: int) -> int:
    """Where the last strip ends of which the file does not say how long it is: only known without compression."""
    if tiff.number(directory, _COMPRESSION, 1) != 1:
        return len(tiff.data)
    return start + _row_bytes(tiff, directory, 1) * tiff.number(directory, _HEIGHT)


def _row_bytes(tiff: Tiff, directory: Directory, planes: int) -> int:
    """Return how many bytes a row has that is not compressed."""
    samples = tiff.number(directory, _WIDTH) * tiff.number(directory, _CHANNELS, 1) // planes
    return -(-samples * tiff.number(directory, _BITS, 1) // 8)

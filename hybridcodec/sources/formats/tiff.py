"""TIFF 6.0 and BigTIFF, all pages of a file.

Its tags that describe a picture are kept, as an EXIF block. Orientation stays in there and is never applied.
"""

from collections.abc import Sequence
from typing import Final

from hybridcodec import image
from hybridcodec.errors import HybridcodecError, InputError, LimitError
from hybridcodec.image import Metadata
from hybridcodec.sources.format import Document, Format, Stream, Writer, refusal
from hybridcodec.sources.pages import Pages
from hybridcodec.sources.parts import tiff as parts
from hybridcodec.sources.parts.directories import Directory, Tiff
from hybridcodec.sources.samples.tiff import decoded, read_layout
from hybridcodec.sources.samples.tiff_kinds import is_inverted, kind_of
from hybridcodec.sources.samples.tiff_streams import streams
from hybridcodec.sources.samples.tiff_writing import TiffWriter
from hybridcodec.sources.tiff_exif import block


def _read(data: bytes) -> Document:
    tiff = Tiff(data)
    pages = _pages(tiff)
    if other := parts.other_content(tiff, pages):
        raise refusal(other)
    kept = [parts.metadata(tiff, page) | {"exif": block(tiff, page)} for page in pages]
    metadata = [Metadata(**one) for one in kept]
    found: list[Stream] = []
    for number, page in enumerate(pages):
        found += _streams(tiff, page, number)
    lazy = Pages(len(pages), lambda number: _picture(tiff, pages[number], metadata[number]))
    pictures = (lazy[0],) if len(pages) == 1 else lazy
    return Document(pictures, parts.left_out(tiff, pages, metadata), tuple(found))


def _pages(tiff: Tiff) -> list[Directory]:
    """Return the directories of the chain; raises where it is broken, so that no page is lost in silence."""
    pages = list(tiff.pages())
    if not pages:
        raise InputError("looks like a TIFF, but is damaged or of a variety that cannot be opened")
    if len(pages) >= tiff.most_pages:
        raise LimitError(f"found a TIFF of more than {tiff.most_pages:,} pages")
    last = pages[-1].next
    if last and last not in {page.span[0] for page in pages}:
        raise InputError(f"the TIFF is damaged: page {len(pages) + 1} should begin at byte {last:,}, where none can be")
    return pages


def _picture(tiff: Tiff, page: Directory, metadata: Metadata) -> image.Picture:
    if page.broken:
        raise InputError(f"the value of TIFF tag {page.broken[0]} lies behind the end of the file")
    layout = read_layout(tiff, page)
    kind = kind_of(tiff, page, layout)
    samples = decoded(tiff.data, layout)
    if is_inverted(layout):
        samples[..., 0] = (1 << kind.bit_depth) - 1 - samples[..., 0]
    return image.Picture.of(samples, kind, metadata)


def _streams(tiff: Tiff, page: Directory, number: int) -> tuple[Stream, ...]:
    try:
        layout = read_layout(tiff, page)
        kind = kind_of(tiff, page, layout)
    except HybridcodecError:
        return ()  # whoever asks for this page is told
    return streams(layout, kind, number, inverted=is_inverted(layout))


def _write(pictures: Sequence[image.Picture]) -> bytes:
    writer = TiffWriter(several=len(pictures) > 1)
    for picture in pictures:
        writer.add(picture)
    return writer.finish()


TIFF: Final = Format(
    name="TIFF",
    suffixes=(".tif", ".tiff"),
    read=_read,
    marks=((0, b"II*\0"), (0, b"MM\0*"), (0, b"II+\0"), (0, b"MM\0+")),
    writer=Writer((".tif", ".tiff"), _write, several=True, written_anew=frozenset({"exif"})),
)

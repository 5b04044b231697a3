"""Netpbm's pictures (pbm(5), pgm(5), ppm(5), pam(5)), of 1 to 16 bits; the name is Pillow's for all of them."""

import re
from collections.abc import Sequence
from typing import Final

from hybridcodec import image
from hybridcodec.errors import LimitError
from hybridcodec.sources.format import Document, Format, Stream, Writer, refusal
from hybridcodec.sources.pages import Pages
from hybridcodec.sources.parts import pnm as parts
from hybridcodec.sources.samples import pnm

_MOST_PICTURES: Final = 8192


def _read(data: bytes) -> Document:
    spans = [_span(data, 0)]
    while not spans[-1][1].plain and parts.is_header(data, spans[-1][2]):
        spans.append(_span(data, spans[-1][2]))
        if len(spans) > _MOST_PICTURES:
            raise LimitError(f"found a Netpbm file of more than {_MOST_PICTURES:,} pictures")
    streams = tuple(
        Stream(((header.end, end - header.end),), "raw", number, pnm.serial(header))
        for number, (_, header, end) in enumerate(spans)
        if not header.plain
    )
    lazy = Pages(len(spans), lambda number: _picture(data, spans[number][1]))
    return Document((lazy[0],) if len(spans) == 1 else lazy, parts.left_out(data, spans), streams)


def _span(data: bytes, start: int) -> tuple[int, parts.Header, int]:
    """Return where a picture begins, its header, and where it ends."""
    header = parts.read_header(data, start)
    end = pnm.end_of(data, header)
    if end == len(data) - 1 and data[header.end - 1 : header.end + 1] == b"\r\n":
        raise refusal("PPM behind a header that ends in two characters, which may be a sample")
    return start, header, end


def _picture(data: bytes, header: parts.Header) -> image.Picture:
    return image.Picture.of(pnm.decoded(data, header), header.kind)


def _write(pictures: Sequence[image.Picture]) -> bytes:
    return b"".join(pnm.written(picture) for picture in pictures)


PNM: Final = Format(
    name="PPM",
    suffixes=(".ppm", ".pgm", ".pbm", ".pnm", ".pam"),
    read=_read,
    start=re.compile(rb"P[1-6]\s|P7\n"),
    writer=Writer((".ppm", ".pgm", ".pbm", ".pnm", ".pam"), _write, several=True),
)

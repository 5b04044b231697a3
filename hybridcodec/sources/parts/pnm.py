"""A Netpbm file: a header with comments, then samples as bytes (P5, P6) or as decimal numbers (P2, P3)."""

import re
from typing import Final

import numpy as np

from hybridcodec.image import Metadata
from hybridcodec.sources.parts.words import LeftOut

_GAP: Final = rb"(?:\s|#[^\n\r]*[\n\r])+"
HEADER: Final = re.compile(rb"P[2356]GAP(\d{1,9})GAP(\d{1,9})GAP(\d{1,9})\s".replace(b"GAP", _GAP))
"""Width, height and largest value; ends with the one white space before the samples."""
_COMMENT: Final = re.compile(rb"#([^\n\r]*)")
_WHITE: Final = np.isin(np.arange(256), list(b" \t\n\r\v\f"))
CHANNELS: Final = {b"P2": 1, b"P5": 1, b"P3": 3, b"P6": 3}


def left_out(data: bytes, kept: Metadata) -> tuple[str, ...]:  # noqa: ARG001 - a Netpbm file has none
    """Name the comments, and what stands behind the last sample."""
    found, header = LeftOut(), HEADER.match(data)
    if header is None:
        return ()
    plain = data[:2] in (b"P2", b"P3")
    for comment in _COMMENT.finditer(data, 2, len(data) if plain else header.end()):
        found.add("comment", len(comment[1]))
    width, height = int(header[1]), int(header[2])
    count = width * height * CHANNELS[data[:2]]
    if plain:
        more = _numbers_in(_COMMENT.sub(b"", data[header.end() :])) - count
        if more > 0:
            found.add(f"{more:,} numbers behind the last sample")
    else:
        found.add_behind(data[header.end() + count :], "samples")
    return found.names()


def _numbers_in(text: bytes) -> int:
    """Count the words, without a list of them."""
    inside = ~_WHITE[np.frombuffer(b" " + text, np.uint8)]
    return int(np.count_nonzero(inside[1:] & ~inside[:-1]))

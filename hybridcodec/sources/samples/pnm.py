"""The samples of a Netpbm file: bits, bytes, pairs of bytes with the high one first, or decimal numbers."""

from typing import Final

import numpy as np
from hybridcodec_container import Packing, Serial

from hybridcodec.errors import InputError, UnsupportedError
from hybridcodec.image import Picture
from hybridcodec.kinds import GRAY, RGB, Role, SampleKind, Samples
from hybridcodec.sources.parts.pnm import Header, without_comments
from hybridcodec.sources.samples import bits
from hybridcodec.sources.samples.sizes import require_bytes

_WHITE: Final = np.isin(np.arange(256), list(b" \t\n\r\v\f"))
_LONGEST_NUMBER: Final = 9
_ZERO, _NINE = b"09"
_MOST_OF_A_BYTE: Final = 255
_TUPLES: Final = {(*GRAY, Role.ALPHA): "GRAYSCALE_ALPHA", (*RGB, Role.ALPHA): "RGB_ALPHA"}


def decoded(data: bytes, header: Header) -> Samples:
    """Return the samples (H, W, C), uint8 or uint16, 0 being black.

    Raises:
        InputError: samples are missing, or larger than the header says.
    """
    shape = (header.height, header.width, len(header.roles))
    samples = (_numbers(data, header)[0] if header.plain else _bytes(data, header)).reshape(shape)
    largest = int(samples.max())
    if largest > header.maximum:
        raise InputError(f"a sample of the Netpbm file is {largest}, the largest value is {header.maximum}")
    samples = 1 - samples if _is_bitmap(data, header) else samples
    return samples.astype(np.uint8 if header.kind.bit_depth <= 8 else np.uint16)


def end_of(data: bytes, header: Header) -> int:
    """Return where in the file the samples end; raises InputError where they are missing."""
    if header.plain:
        return _numbers(data, header)[1]
    size = header.height * bits.row_bytes(_row(header), _depth(header))
    require_bytes(len(data) - header.end, size, "Netpbm file")
    return header.end + size


def serial(header: Header) -> Serial:
    """How the samples lie, where they are no decimal numbers."""
    wide = header.maximum > _MOST_OF_A_BYTE
    return Serial(
        packing=Packing.HIGH_BITS_FIRST if header.packed else Packing.BYTES,
        sample_bytes=0 if header.packed else 1 + wide,
        big_endian=wide,
        invert=header.packed,
        order=tuple(range(len(header.roles))),
        rows=header.height,
    )


def written(picture: Picture) -> bytes:
    """Return the file of a picture: P4, P5 or P6 where these have its kind, else a PAM.

    Raises:
        UnsupportedError: signed samples, or a palette.
    """
    kind, (H, W, C) = picture.kind, picture.samples.shape
    if kind.signed or kind.palette is not None:
        raise UnsupportedError(f"Netpbm's formats have no {kind}; write TIFF")
    maximum = (1 << kind.bit_depth) - 1
    rows = picture.samples.reshape(H, W * C)
    if kind == SampleKind(GRAY, 1):
        return f"P4\n{W} {H}\n".encode() + bits.packed(1 - rows, 1)
    if kind.roles in (GRAY, RGB):
        header = f"P{5 if kind.roles == GRAY else 6}\n{W} {H}\n{maximum}\n"
    else:
        named = f"TUPLTYPE {_TUPLES[kind.roles]}\n" if kind.roles in _TUPLES else "TUPLTYPE OTHER\n"
        header = f"P7\nWIDTH {W}\nHEIGHT {H}\nDEPTH {C}\nMAXVAL {maximum}\n{named}ENDHDR\n"
    return header.encode() + bits.packed(rows, 8 if maximum <= _MOST_OF_A_BYTE else 16)


def _is_bitmap(data: bytes, header: Header) -> bool:
    """Tell whether 1 is black: in P1 and P4, not in a PAM."""
    return header.packed or (header.plain and data[:2] == b"P1")


def _bytes(data: bytes, header: Header) -> Samples:
    return bits.unpacked(memoryview(data)[header.end :], header.height, _row(header), _depth(header))


def _row(header: Header) -> int:
    return header.width * len(header.roles)


def _depth(header: Header) -> int:
    return 1 if header.packed else 8 if header.maximum <= _MOST_OF_A_BYTE else 16


def _numbers(data: bytes, header: Header) -> tuple[Samples, int]:
    """Return the numbers, and where in the file they end."""
    count = header.height * _row(header)
    text = without_comments(data, header.end)
    cells = np.frombuffer(b" " + text + b" ", np.uint8)
    white = _WHITE[cells]
    if header.maximum == 1 and data[:2] == b"P1":  # digits need no white space between them
        starts = np.flatnonzero(~white)
        ends = starts + 1
    else:
        edges = np.flatnonzero(white[1:] != white[:-1]) + 1
        starts, ends = edges[::2], edges[1::2]
    require_bytes(len(starts), count, "Netpbm file")
    end = int(ends[count - 1])
    used = cells[:end]
    if ((used[~white[:end]] < _ZERO) | (used[~white[:end]] > _NINE)).any():
        raise InputError("the Netpbm file has something else than decimal numbers among its samples")
    if (ends[:count] - starts[:count]).max() > _LONGEST_NUMBER:
        raise InputError(f"a sample of the Netpbm file has more than {_LONGEST_NUMBER} digits")
    values = np.zeros(count, np.int64)
    for place in range(int((ends[:count] - starts[:count]).max())):
        there = starts[:count] + place < ends[:count]
        values[there] = values[there] * 10 + used[(starts[:count] + place)[there]] - _ZERO
    return values, header.end + end - 1

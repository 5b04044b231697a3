"""A toy picture format that Pillow does not know: a mark, height, width and channels, then the samples."""

import struct
from collections.abc import Sequence
from typing import Final

import numpy as np

from hybridcodec.errors import InputError, UnsupportedError
from hybridcodec.image import Picture, Samples
from hybridcodec.sources.format import Document, Format, Writer

MARK: Final = b"TOYPIC\r\n"
_HEADER: Final = struct.Struct("<8sIIB")


def packed(samples: Samples) -> bytes:
    """Return the file of samples (H, W) or (H, W, 3)."""
    H, W, C = (*samples.shape, 1)[:3]
    return _HEADER.pack(MARK, H, W, C) + samples.tobytes()


def _read(data: bytes) -> Document:
    if len(data) < _HEADER.size:
        raise InputError("the toy picture is cut off in its header")
    _, H, W, C = _HEADER.unpack_from(data)
    if C not in (1, 3):
        raise UnsupportedError(f"found a toy picture of {C} channels; expected 1 or 3")
    size = H * W * C
    if not size or len(data) < _HEADER.size + size:
        raise InputError(f"the toy picture is cut off: {size:,} bytes of samples expected")
    samples = np.frombuffer(data, np.uint8, size, _HEADER.size)
    behind = len(data) - _HEADER.size - size
    left_out = (f"{behind} bytes behind the samples",) if behind else ()
    return Document((Picture.of(samples.reshape(H, W, C)),), left_out)


def _write(pictures: Sequence[Picture]) -> bytes:
    if not pictures[0].kind.plain:
        raise UnsupportedError(f"no toy picture has {pictures[0].kind}")
    return packed(pictures[0].samples)


TOY: Final = Format("TOY", (".toy",), _read, marks=((0, MARK),), called="toy picture", writer=Writer((".toy",), _write))

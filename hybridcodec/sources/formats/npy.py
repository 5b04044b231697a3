"""NumPy's `.npy` files (`numpy.lib.format`) of samples: (H, W) or (H, W, C), of bool and of 8- and 16-bit integers."""

import ast
import io
import math
import sys
from collections.abc import Sequence
from typing import Any, Final

import numpy as np
from hybridcodec_container import Serial

from hybridcodec import image
from hybridcodec.errors import InputError, UnsupportedError
from hybridcodec.image import SampleKind
from hybridcodec.sources.format import Document, Format, Stream, Writer, refusal
from hybridcodec.sources.parts.words import LeftOut
from hybridcodec.sources.samples.sizes import require_bytes, require_size

_MAGIC: Final = b"\x93NUMPY"
_LONGEST_HEADER: Final = 10_000
_MOST_CHANNELS: Final = 4
_LENGTH_BYTES: Final = {b"\1": 2, b"\2": 4, b"\3": 4}
"""Major version -> bytes of the length of the header."""
_FAILURES: Final = (ValueError, TypeError, AttributeError, LookupError, SyntaxError, RecursionError, MemoryError)


def _read(data: bytes) -> Document:
    shape, by_columns, dtype, start = _header(data)
    if not (dtype == np.bool_ or (dtype.kind in "ui" and dtype.itemsize <= 2)):
        raise refusal(f"NPY of {dtype}")
    if len(shape) not in (2, 3) or (len(shape) == 3 and not 1 <= shape[2] <= _MOST_CHANNELS):
        raise refusal(f"NPY of shape {shape}, which is not (height, width) or (height, width, 1 to 4 channels)")
    require_size(shape[1], shape[0], "NPY")
    size = math.prod(shape) * dtype.itemsize
    require_bytes(len(data) - start, size, "NPY")
    stored = np.frombuffer(data, np.uint8 if dtype == np.bool_ else dtype, math.prod(shape), start)
    samples = stored.reshape(shape, order="F" if by_columns else "C").reshape(*shape[:2], -1)  # (H, W, C)
    kind = SampleKind.of(samples.view(np.bool_) if dtype == np.bool_ else samples)
    found = LeftOut()
    found.add_behind(data[start + size :], "samples")
    picture = image.Picture.of(samples, kind)
    wide = dtype.itemsize > 1
    layout = Serial(
        sample_bytes=dtype.itemsize,
        big_endian=wide and dtype.isnative != (sys.byteorder == "little"),
        order=tuple(range(kind.channels)),
        rows=shape[0],
    )
    return Document((picture,), found.names(), () if by_columns else (Stream(((start, size),), "raw", 0, layout),))


def _write(pictures: Sequence[image.Picture]) -> bytes:
    picture = pictures[0]
    if picture.kind.palette is not None:
        raise UnsupportedError(f"NPY has no {picture.kind}; write PNG or TIFF")
    samples = picture.samples.astype(np.bool_) if picture.kind.bit_depth == 1 else picture.samples
    target = io.BytesIO()
    np.save(target, samples[..., 0] if samples.shape[2] == 1 else samples, allow_pickle=False)
    return target.getvalue()


def _header(data: bytes) -> tuple[tuple[int, ...], bool, np.dtype[Any], int]:
    """Return shape, whether columns lie together, type, and where the samples begin; nothing is unpickled.

    Raises:
        InputError: the header is damaged or of a later version.
    """
    size = _LENGTH_BYTES.get(data[6:7], 0)
    if not size:
        raise InputError(f"the NPY is of version {data[6:8].hex()}, expected 1.0 to 3.0")
    length = int.from_bytes(data[8 : 8 + size], "little")
    end = 8 + size + length
    if length > _LONGEST_HEADER or end > len(data):
        raise InputError(f"the header of the NPY has {length:,} bytes, expected at most {_LONGEST_HEADER:,}, all there")
    try:
        fields = ast.literal_eval(data[8 + size : end].replace(b"\\", b"?").decode().strip())  # no escapes, no warnings
        (dtype, by_columns, shape) = (fields.pop(name) for name in ("descr", "fortran_order", "shape"))
        whole = isinstance(shape, tuple) and all(type(side) is int and side >= 0 for side in shape)
        if fields or not whole or not isinstance(by_columns, bool) or not isinstance(dtype, str | list):
            raise ValueError("it says something else than type, order and shape")
        return shape, by_columns, np.dtype(dtype), end
    except _FAILURES as error:
        nested = isinstance(error, MemoryError)  # Python's parser says so of what is nested too deeply
        what = f"the header of the NPY cannot be read: {' '.join(str(error).split())[:200]}"
        raise InputError(what) from (None if nested else error)


NPY: Final = Format(name="NPY", suffixes=(".npy",), read=_read, marks=((0, _MAGIC),), writer=Writer((".npy",), _write))

"""The codecs that are measured, each a pair of functions on 8-bit arrays: this one, and others from `imagecodecs`.

All of them take a bound: the largest error of a sample, 0 for lossless. JPEG-LS and this codec have such a mode
of their own; the others get samples that were quantised first.
"""

from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from typing import Any, Final

import numpy as np
import numpy.typing as npt

U8 = npt.NDArray[np.uint8]
OURS: Final = "hybridcodec"
TOP: Final = 255
LOSSLESS: Final = 0
HALF: Final = np.uint8(128)
"""Centre of a difference modulo 256."""


@dataclass(frozen=True)
class Codec:
    """One codec with its settings; `encode` takes (H, W) or (H, W, 3) and `decode` gives that shape back."""

    label: str
    encode: Callable[[U8], bytes]
    decode: Callable[[bytes], U8]
    threads: int = 1


def build(name: str, *, threads: int = 1, bound: int = LOSSLESS) -> Codec:
    """Return the codec called `name`, one of `NAMES`, with at most `threads` threads where it can use them.

    Raises:
        KeyError: no such codec.
    """
    if name in _WITH_BOUND:
        return _WITH_BOUND[name](threads, bound)
    codec = _LOSSLESS_ONLY[name](threads)
    return codec if bound == LOSSLESS else _of_quantised(codec, bound)


def quantised(samples: U8, bound: int) -> U8:
    """Return which of the intervals of 2 * bound + 1 values each sample is in, from 0."""
    return ((samples.astype(np.int32) + bound) // (2 * bound + 1)).astype(np.uint8)


def centres(intervals: U8, bound: int) -> U8:
    """Return the sample that stands for each interval, within `bound` of every sample in it."""
    return np.minimum(intervals.astype(np.int32) * (2 * bound + 1), TOP).astype(np.uint8)


def _of_quantised(codec: Codec, bound: int) -> Codec:
    return Codec(
        f"quantised, then {codec.label}",
        lambda samples: codec.encode(quantised(samples, bound)),
        lambda data: centres(codec.decode(data), bound),
        codec.threads,
    )


def _hybridcodec(threads: int, bound: int) -> Codec:
    from hybridcodec.codec import decode, encode
    from hybridcodec.modes import Mode

    mode = Mode.NEAR_LOSSLESS if bound else Mode.LOSSLESS
    return Codec("hybridcodec", partial(encode, mode=mode, max_error=bound), decode, threads)


def _jpeg_ls(_: int, bound: int) -> Codec:
    library = _imagecodecs()
    return Codec("JPEG-LS, RGB", partial(library.jpegls_encode, level=bound), library.jpegls_decode)


def _jpeg_ls_differences(_: int) -> Codec:
    """JPEG-LS of G, R - G and B - G modulo 256, each a plane of its own; gray pictures as they are."""
    library = _imagecodecs()

    def encode(samples: U8) -> bytes:
        streams = [library.jpegls_encode(plane) for plane in _to_differences(samples)]
        return b"".join(len(stream).to_bytes(4) + stream for stream in streams)

    def decode(data: bytes) -> U8:
        planes = []
        while data:
            end = 4 + int.from_bytes(data[:4])
            planes.append(library.jpegls_decode(data[4:end]))
            data = data[end:]
        return _from_differences(planes)

    return Codec("JPEG-LS, planes G, R-G, B-G", encode, decode)


def _to_differences(samples: U8) -> list[U8]:
    if samples.ndim == 2:
        return [samples]
    red, green, blue = (samples[..., c] for c in range(3))
    return [np.ascontiguousarray(plane) for plane in (green, red - green + HALF, blue - green + HALF)]


def _from_differences(planes: list[U8]) -> U8:
    if len(planes) == 1:
        return planes[0]
    green, red, blue = planes
    return np.stack([red + green - HALF, green, blue + green - HALF], axis=-1)


def _png(_: int) -> Codec:
    library = _imagecodecs()
    return Codec("PNG, level 9", partial(library.png_encode, level=9), library.png_decode)


def _webp(threads: int) -> Codec:
    """WebP at its best, method 6 and effort 100; it has no gray pictures, so those go in as three equal channels."""
    library = _imagecodecs()
    settings = {"lossless": True, "level": 100, "method": 6, "numthreads": threads}

    def encode(samples: U8) -> bytes:
        rgb = samples if samples.ndim == 3 else np.repeat(samples[..., None], 3, axis=2)
        data: bytes = library.webp_encode(rgb, **settings)
        return bytes([samples.ndim]) + data

    def decode(data: bytes) -> U8:
        rgb: U8 = library.webp_decode(data[1:], hasalpha=False)
        return rgb if data[0] == 3 else rgb[..., 0]

    return Codec("WebP lossless, method 6", encode, decode, threads)


def _jpeg_2000(threads: int) -> Codec:
    library = _imagecodecs()
    encode = partial(library.jpeg2k_encode, reversible=True, codecformat="j2k", numthreads=threads)
    return Codec("JPEG 2000, reversible", encode, partial(library.jpeg2k_decode, numthreads=threads), threads)


def _jpeg_xl(threads: int, *, effort: int) -> Codec:
    library = _imagecodecs()
    encode = partial(library.jpegxl_encode, lossless=True, effort=effort, numthreads=threads)
    return Codec(f"JPEG XL, effort {effort}", encode, partial(library.jpegxl_decode, numthreads=threads), threads)


def _imagecodecs() -> Any:
    import imagecodecs

    return imagecodecs


_WITH_BOUND: Final[dict[str, Callable[[int, int], Codec]]] = {OURS: _hybridcodec, "jpegls": _jpeg_ls}
_LOSSLESS_ONLY: Final[dict[str, Callable[[int], Codec]]] = {
    "png": _png,
    "webp": _webp,
    "jpegls-differences": _jpeg_ls_differences,
    "jpeg2000": _jpeg_2000,
    "jxl7": partial(_jpeg_xl, effort=7),
    "jxl9": partial(_jpeg_xl, effort=9),
}
NAMES: Final = (OURS, "png", "jpegls", "jpegls-differences", "jpeg2000", "webp", "jxl7", "jxl9")
"""Every codec, in the order of the tables."""

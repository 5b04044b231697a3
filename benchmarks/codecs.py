"""The codecs that are measured, each a pair of functions on 8-bit arrays: this one, and others from two libraries.

Those of `NAMES` take a bound: the largest error of a sample, 0 for lossless. JPEG-LS and this codec have such a mode
of their own; the others get samples that were quantised first. Those of `LOSSY` take a level, with which sizes grow.
"""

import io
import math
from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from typing import Any, Final

import click
import numpy as np
import numpy.typing as npt
from PIL import Image

U8 = npt.NDArray[np.uint8]
OURS: Final = "hybridcodec"
FAST: Final = f"{OURS}-fast"
BEST: Final = f"{OURS}-best"
"""The efforts beside the usual one."""
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


@dataclass(frozen=True)
class LossyCodec:
    """A lossy codec with its settings, but for the level, `low` to `high`, of which `step` is worth telling apart.

    `encode` takes (H, W) or (H, W, 3), and `decode` gives (H, W, 3), or (H, W) where the format has gray pictures.
    """

    label: str
    encode: Callable[[U8, float], bytes]
    decode: Callable[[bytes], U8]
    low: float
    high: float
    step: float

    def decoded(self, data: bytes, original: U8) -> U8:
        """Return the picture in `data` with the channels of its original."""
        samples = self.decode(data)
        return samples[..., 0] if samples.ndim > original.ndim else samples


def build(name: str, *, threads: int = 1, bound: int = LOSSLESS, level: float | None = None) -> Codec:
    """Return the codec called `name`, one of `NAMES`, with at most `threads` threads where it can use them.

    With a level it is one of `LOSSY`, whose others than this one take one thread.

    Raises:
        KeyError: no such codec.
    """
    if level is not None:
        lossy, given = LOSSY[name], level
        count = threads if name == OURS else 1
        return Codec(lossy.label, lambda samples: lossy.encode(samples, given), lossy.decode, count)
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


def _hybridcodec(threads: int, bound: int, effort: str = "normal") -> Codec:
    from hybridcodec.codec import decode, encode
    from hybridcodec.modes import Effort, Mode
    from hybridcodec.options import Options

    mode = Mode.NEAR_LOSSLESS if bound else Mode.LOSSLESS
    coded = partial(encode, mode=mode, max_error=bound, options=Options(effort=Effort(effort)))
    return Codec("hybridcodec" if effort == "normal" else f"hybridcodec, {effort}", coded, decode, threads)


def _jpeg_ls(_: int, bound: int) -> Codec:
    library = others()
    return Codec("JPEG-LS, RGB", partial(library.jpegls_encode, level=bound), library.jpegls_decode)


def _jpeg_ls_differences(_: int) -> Codec:
    """JPEG-LS of G, R - G and B - G modulo 256, each a plane of its own; gray pictures as they are."""
    library = others()

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
    library = others()
    return Codec("PNG, level 9", partial(library.png_encode, level=9), library.png_decode)


def _webp(threads: int) -> Codec:
    """WebP at its best, method 6 and effort 100; it has no gray pictures, so those go in as three equal channels."""
    library = others()
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
    library = others()
    encode = partial(library.jpeg2k_encode, reversible=True, codecformat="j2k", numthreads=threads)
    return Codec("JPEG 2000, reversible", encode, partial(library.jpeg2k_decode, numthreads=threads), threads)


def _jpeg_xl(threads: int, *, effort: int) -> Codec:
    library = others()
    encode = partial(library.jpegxl_encode, lossless=True, effort=effort, numthreads=threads)
    return Codec(f"JPEG XL, effort {effort}", encode, partial(library.jpegxl_decode, numthreads=threads), threads)


def others() -> Any:
    """Return the library of other codecs; raises ClickException, in one line, where it is not installed."""
    try:
        import imagecodecs
    except ImportError as error:
        raise click.ClickException("other codecs need imagecodecs, of the extra `benchmark`") from error
    return imagecodecs


_WITH_BOUND: Final[dict[str, Callable[[int, int], Codec]]] = {
    OURS: _hybridcodec,
    FAST: partial(_hybridcodec, effort="fast"),
    BEST: partial(_hybridcodec, effort="best"),
    "jpegls": _jpeg_ls,
}
_LOSSLESS_ONLY: Final[dict[str, Callable[[int], Codec]]] = {
    "png": _png,
    "webp": _webp,
    "jpegls-differences": _jpeg_ls_differences,
    "jpeg2000": _jpeg_2000,
    "jxl7": partial(_jpeg_xl, effort=7),
    "jxl9": partial(_jpeg_xl, effort=9),
}
NAMES: Final = (OURS, FAST, BEST, "png", "jpegls", "jpegls-differences", "jpeg2000", "webp", "jxl7", "jxl9")
"""Every codec, in the order of the tables."""


ROBIDOUX: Final = (
    (16, 16, 16, 18, 25, 37, 56, 85),
    (16, 17, 20, 27, 34, 40, 53, 75),
    (16, 20, 24, 31, 43, 62, 91, 135),
    (18, 27, 31, 40, 53, 74, 106, 156),
    (25, 34, 43, 53, 69, 94, 131, 189),
    (37, 40, 62, 74, 94, 124, 169, 238),
    (56, 53, 91, 106, 131, 169, 226, 311),
    (85, 75, 135, 156, 189, 238, 311, 418),
)
"""mozjpeg's usual quantisation table, of both brightness and colour."""


def _lossy_ours(samples: U8, level: float) -> bytes:
    from hybridcodec.codec import encode
    from hybridcodec.modes import Mode
    from hybridcodec.options import Options

    return encode(samples, mode=Mode.PERCEPTUAL, options=Options(target_bpp=level))


def _lossy_ours_back(data: bytes) -> U8:
    from hybridcodec.codec import decode
    from hybridcodec.modes import Layer

    return decode(data, layer=Layer.PERCEPTUAL)


def _lossy_jpeg(samples: U8, level: float) -> bytes:
    """Pillow's, set as mozjpeg is, whose trellis it lacks; a level more halves the steps, so that any size is met."""
    table = [int(min(max(round(step * 2**-level), 1), TOP)) for row in ROBIDOUX for step in row]
    stream = io.BytesIO()
    tables = [table] * (1 if samples.ndim == 2 else 2)
    Image.fromarray(samples).save(stream, "JPEG", qtables=tables, optimize=True, progressive=True, subsampling="4:2:0")
    return stream.getvalue()


def _lossy_jpeg_back(data: bytes) -> U8:
    with Image.open(io.BytesIO(data)) as picture:
        return np.asarray(picture)


def _lossy_webp(samples: U8, level: float) -> bytes:
    data: bytes = others().webp_encode(_three(samples), level=level, method=6, lossless=False, numthreads=1)
    return data


def _lossy_webp_back(data: bytes) -> U8:
    samples: U8 = others().webp_decode(data, hasalpha=False)
    return samples


def _lossy_avif(samples: U8, level: float) -> bytes:
    data: bytes = others().avif_encode(_three(samples), level=round(level), speed=6, numthreads=1)
    return data


def _lossy_avif_back(data: bytes) -> U8:
    samples: U8 = others().avif_decode(data, numthreads=1)
    return samples[..., :3]


def _lossy_jpeg_xl(samples: U8, level: float) -> bytes:
    """JPEG XL's; a level more halves the distance."""
    data: bytes = others().jpegxl_encode(_three(samples), distance=2**-level, effort=7, numthreads=1)
    return data


def _lossy_jpeg_xl_back(data: bytes) -> U8:
    samples: U8 = others().jpegxl_decode(data, numthreads=1)
    return samples[..., :3]


def _three(samples: U8) -> U8:
    return samples if samples.ndim == 3 else np.repeat(samples[..., None], 3, axis=2)


LOSSY: Final = {
    OURS: LossyCodec("hybridcodec, perceptual", _lossy_ours, _lossy_ours_back, 0.02, 4, 0.001),
    "jpeg": LossyCodec("JPEG, as mozjpeg", _lossy_jpeg, _lossy_jpeg_back, -4, 4, 0.01),
    "webp": LossyCodec("WebP, method 6", _lossy_webp, _lossy_webp_back, 0, 100, 0.05),
    "avif": LossyCodec("AVIF, speed 6", _lossy_avif, _lossy_avif_back, 0, 99, 1),
    "jxl": LossyCodec("JPEG XL, effort 7", _lossy_jpeg_xl, _lossy_jpeg_xl_back, -math.log2(25), 4, 0.005),
}
"""Lossy codecs by name; this codec's level is a target of bits per pixel."""

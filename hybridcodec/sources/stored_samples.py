"""What kind of samples a picture file really stores, before Pillow converts them.

Pillow's `mode` does not tell: 16-bit RGB PNG and PPM, signed and 4-channel TIFF, 15-bit BMP all arrive as 8-bit "RGB"
or "L", silently rescaled, reinterpreted or cut. Each function here looks at the file's own header and says in words
what it finds; only the two names in `ACCEPTED` mean that Pillow's samples are the stored ones. `reading` decides.

Sources: PNG (W3C, third edition) 5.2 and 11.2.1, TIFF 6.0 section 8, Netpbm's pgm(5) and ppm(5), BITMAPINFOHEADER.
"""

from PIL import Image, TiffImagePlugin

from hybridcodec.errors import InputError
from hybridcodec.sources.parts import png, pnm
from hybridcodec.sources.parts.directories import Tiff

ACCEPTED = {"8-bit gray": "L", "8-bit RGB": "RGB"}  # name -> the mode in which Pillow must deliver it

_PNG_COLOURS = {0: "gray", 2: "RGB", 3: "palette", 4: "gray with alpha", 6: "RGB with alpha"}
_PILLOW_MODES = {
    "1": "1-bit",
    "L": "8-bit gray",
    "P": "palette",
    "RGB": "8-bit RGB",
    "RGBA": "8-bit RGB with alpha",
    "RGBX": "8-bit RGB with alpha",
    "CMYK": "8-bit CMYK",
    "YCbCr": "8-bit YCbCr",
}
_TIFF_PHOTOMETRIC = {0: "inverted gray", 1: "gray", 2: "RGB", 3: "palette", 5: "CMYK", 6: "YCbCr", 8: "CIELAB"}
_TIFF_FORMATS = {1: "", 2: "signed ", 3: "floating-point "}
_TIFF_JPEG = 7
_TIFF_FAX = (2, 3, 4)  # only ever 1-bit
_TIFF_COMPRESSIONS = (1, 5, _TIFF_JPEG, 8, 32773, 32946, 34925, 50000)  # none, LZW, Deflate, PackBits, LZMA, Zstandard


def stored_samples(image: Image.Image, data: bytes) -> str:
    """Return what `data`, which Pillow opened as `image` and did not load yet, stores: "8-bit gray", "16-bit RGB", ...

    Raises:
        InputError: the file contradicts itself, such as a PNG chunk with a wrong checksum.
    """
    frames = getattr(image, "n_frames", 1)
    if frames != 1:
        return f"{frames} frames or pages of {_by_mode(image.mode)}"
    if isinstance(image, TiffImagePlugin.TiffImageFile):
        return tiff_samples(Tiff(data))
    match image.format:
        case "PNG":
            return _png(data)
        case "PPM":
            return _pnm(data)
        case "BMP":
            return _bmp(image.mode, data)
        case _:  # JPEG: libjpeg refuses other depths than 8; WebP has no other
            return _by_mode(image.mode)


def _png(data: bytes) -> str:
    kinds = [chunk.kind for chunk in png.chunks(data)]
    if not kinds or kinds[0] != b"IHDR":
        raise InputError("the PNG does not begin with its header chunk")
    if b"fdAT" in kinds:
        return "an animation"
    depth, colour = data[24], data[25]
    transparent = " with a transparent colour" if b"tRNS" in kinds else ""
    return f"{depth}-bit {_PNG_COLOURS.get(colour, f'colour type {colour}')}{transparent}"


def tiff_samples(tiff: Tiff) -> str:
    """Return what the first picture of a TIFF stores, "" where its directory cannot be read."""
    first = next(tiff.pages(), None)
    if first is None:
        return ""
    channels = tiff.number(first, TiffImagePlugin.SAMPLESPERPIXEL, 1)
    bits = set(tiff.numbers(first, TiffImagePlugin.BITSPERSAMPLE) or (1,))
    kinds = set(tiff.numbers(first, TiffImagePlugin.SAMPLEFORMAT) or (1,))
    photometric = tiff.number(first, TiffImagePlugin.PHOTOMETRIC_INTERPRETATION)
    compression = tiff.number(first, TiffImagePlugin.COMPRESSION, 1)
    if photometric == 6 and compression == _TIFF_JPEG:
        photometric = 2  # the JPEG decoder gives RGB, as it does for a JPEG file
    if len(bits) != 1 or len(kinds) != 1:
        return f"samples of mixed kinds ({sorted(bits)} bits)"
    colour = _TIFF_PHOTOMETRIC.get(photometric, f"photometric interpretation {photometric}")
    extra = channels - {0: 1, 1: 1, 2: 3, 3: 1, 5: 4}.get(photometric, 3)
    beside = f" with {extra} extra channel{'s' if extra != 1 else ''}" if extra else ""
    kind = kinds.pop()
    found = f"{bits.pop()}-bit {_TIFF_FORMATS.get(kind, f'format {kind} ')}{colour}{beside}"
    return found if compression in (*_TIFF_COMPRESSIONS, *_TIFF_FAX) else f"{found} in TIFF compression {compression}"


def _pnm(data: bytes) -> str:
    magic, found = data[:2], pnm.HEADER.match(data)
    if magic not in pnm.CHANNELS or found is None:
        return "1-bit" if magic in (b"P1", b"P4") else f"Netpbm {magic.decode('latin-1')!r}"
    width, height, maximum = (int(number) for number in found.groups())
    colour = "gray" if pnm.CHANNELS[magic] == 1 else "RGB"
    if maximum != 255:
        return f"{colour} with values up to {maximum}"
    if magic in (b"P2", b"P3"):
        return f"8-bit {colour}"
    rest = data[found.end() + width * height * pnm.CHANNELS[magic] :]
    if len(rest) == 1 and data[found.end() - 1 : found.end() + 1] == b"\r\n":
        return f"8-bit {colour} behind a header that ends in two characters, which may be a sample"
    return f"several pictures of 8-bit {colour}" if pnm.HEADER.match(rest.lstrip()) else f"8-bit {colour}"


def _bmp(mode: str, data: bytes) -> str:
    at = 24 if int.from_bytes(data[14:18], "little") == 12 else 28
    bits = int.from_bytes(data[at : at + 2], "little")
    if bits == 24:
        return "8-bit RGB"
    return "8-bit gray" if bits == 8 and mode == "L" else f"{bits}-bit {'palette' if bits <= 8 else 'pixel'}"


def _by_mode(mode: str) -> str:
    return _PILLOW_MODES.get(mode, f"Pillow mode {mode}")

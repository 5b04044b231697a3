"""What kind of samples a picture file really stores, before Pillow converts them.

Pillow's `mode` does not tell: 16-bit RGB PNG and PPM, signed and 4-channel TIFF, 15-bit BMP all arrive as 8-bit "RGB"
or "L", silently rescaled, reinterpreted or cut. Each function here looks at the file's own header and says in words
what it finds; only the two names in `ACCEPTED` mean that Pillow's samples are the stored ones. `reading` decides.

Sources: PNG (W3C, third edition) 5.2 and 11.2.1, TIFF 6.0 section 8, Netpbm's pgm(5) and ppm(5), BITMAPINFOHEADER.
"""

import re
import struct
import zlib

from PIL import Image, TiffImagePlugin

from hybridcodec.errors import InputError

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
_PNM_GAP = rb"(?:\s|#[^\n\r]*[\n\r])+"
_PNM_HEADER = re.compile(rb"GAP(\d{1,9})GAP(\d{1,9})GAP(\d{1,9})\s".replace(b"GAP", _PNM_GAP))


def stored_samples(image: Image.Image, data: bytes) -> str:
    """Return what `data`, which Pillow opened as `image` and did not load yet, stores: "8-bit gray", "16-bit RGB", ...

    Raises:
        InputError: the file contradicts itself, such as a PNG chunk with a wrong checksum.
    """
    frames = getattr(image, "n_frames", 1)
    if frames != 1:
        return f"{frames} frames or pages of {_by_mode(image.mode)}"
    if isinstance(image, TiffImagePlugin.TiffImageFile):
        return _tiff(image.tag_v2)
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
    kinds = _png_chunks(data)
    if not kinds or kinds[0] != b"IHDR":
        raise InputError("the PNG does not begin with its header chunk")
    depth, colour = data[24], data[25]
    transparent = " with a transparent colour" if b"tRNS" in kinds else ""
    return f"{depth}-bit {_PNG_COLOURS.get(colour, f'colour type {colour}')}{transparent}"


def _png_chunks(data: bytes) -> list[bytes]:
    """Return the chunk kinds in order; checks every checksum, of which Pillow leaves out those of the samples."""
    kinds, at = [], 8
    while at + 12 <= len(data) and b"IEND" not in kinds:
        (length,) = struct.unpack(">I", data[at : at + 4])
        kind, end = data[at + 4 : at + 8], at + 8 + length
        if end + 4 > len(data):
            raise InputError(f"the PNG is cut off inside its {kind.decode('latin-1')!r} chunk")
        if zlib.crc32(memoryview(data)[at + 4 : end]) != int.from_bytes(data[end : end + 4], "big"):
            raise InputError(f"the checksum of the PNG's {kind.decode('latin-1')!r} chunk at byte {at} is wrong")
        kinds.append(kind)
        at = end + 4
    return kinds


def _tiff(tags: TiffImagePlugin.ImageFileDirectory_v2) -> str:
    channels = tags.get(TiffImagePlugin.SAMPLESPERPIXEL, 1)
    bits = set(tags.get(TiffImagePlugin.BITSPERSAMPLE, (1,)))
    kinds = set(tags.get(TiffImagePlugin.SAMPLEFORMAT, (1,)))
    photometric = tags.get(TiffImagePlugin.PHOTOMETRIC_INTERPRETATION, 0)
    compression = tags.get(TiffImagePlugin.COMPRESSION, 1)
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
    magic = data[:2]
    channels = {b"P2": 1, b"P5": 1, b"P3": 3, b"P6": 3}.get(magic)
    found = _PNM_HEADER.match(data, 2)
    if channels is None or found is None:
        return "1-bit" if magic in (b"P1", b"P4") else f"Netpbm {magic.decode('latin-1')!r}"
    width, height, maximum = (int(number) for number in found.groups())
    colour = "gray" if channels == 1 else "RGB"
    if maximum != 255:
        return f"{colour} with values up to {maximum}"
    rest = data[found.end() + width * height * channels :] if magic in (b"P5", b"P6") else b""
    return f"several pictures of 8-bit {colour}" if rest.strip() else f"8-bit {colour}"


def _bmp(mode: str, data: bytes) -> str:
    at = 24 if int.from_bytes(data[14:18], "little") == 12 else 28
    bits = int.from_bytes(data[at : at + 2], "little")
    if bits == 24:
        return "8-bit RGB"
    return "8-bit gray" if bits == 8 and mode == "L" else f"{bits}-bit {'palette' if bits <= 8 else 'pixel'}"


def _by_mode(mode: str) -> str:
    return _PILLOW_MODES.get(mode, f"Pillow mode {mode}")

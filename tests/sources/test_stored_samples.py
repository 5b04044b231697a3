"""What a picture file stores is named from its own header, also where Pillow would convert it silently."""

import struct
import zlib

import numpy as np
import pytest

from hybridcodec.errors import InputError, UnsupportedError
from hybridcodec.sources import read_picture

GRAY, RGB = b"\x00\x7f\xff\x01", bytes(range(12))  # 2x2 pixels each


def png(depth: int, colour: int, rows: bytes, *extra: tuple[bytes, bytes]) -> bytes:
    def chunk(kind: bytes, body: bytes) -> bytes:
        return struct.pack(">I", len(body)) + kind + body + struct.pack(">I", zlib.crc32(kind + body))

    parts = [(b"IHDR", struct.pack(">IIBBBBB", 2, 2, depth, colour, 0, 0, 0)), *extra]
    parts += [(b"IDAT", zlib.compress(rows)), (b"IEND", b"")]
    return b"\x89PNG\r\n\x1a\n" + b"".join(chunk(*part) for part in parts)


def png_rows(samples: bytes) -> bytes:
    half = len(samples) // 2
    return b"\0" + samples[:half] + b"\0" + samples[half:]


def bmp(bits: int, pixels: bytes, palette: bytes = b"") -> bytes:
    offset = 54 + len(palette)
    header = struct.pack("<IiiHHIIiiII", 40, 2, -2, 1, bits, 0, len(pixels), 0, 0, len(palette) // 4, 0)
    return b"BM" + struct.pack("<IHHI", offset + len(pixels), 0, 0, offset) + header + palette + pixels


def tiff(pixels: bytes, **changed: tuple[int, ...]) -> bytes:
    """A little-endian TIFF of 2x2 pixels in one strip; `changed` replaces, adds or (empty) removes tags `t258`, ..."""
    tags = {256: (2,), 257: (2,), 258: (8,), 259: (1,), 262: (1,), 273: (8,), 277: (1,), 278: (2,), 279: (len(pixels),)}
    tags |= {int(name[1:]): values for name, values in changed.items()}
    tags = {tag: values for tag, values in sorted(tags.items()) if values}
    pixels += b"\0" * (len(pixels) % 2)
    directory, beyond = struct.pack("<H", len(tags)), b""
    start = 8 + len(pixels) + 2 + 12 * len(tags) + 4
    for tag, values in tags.items():
        packed = struct.pack(f"<{len(values)}H", *values)
        if len(packed) > 4:
            packed, beyond = struct.pack("<I", start + len(beyond)), beyond + packed
        directory += struct.pack("<HHI", tag, 3, len(values)) + packed.ljust(4, b"\0")
    return b"II*\0" + struct.pack("<I", 8 + len(pixels)) + pixels + directory + bytes(4) + beyond


RAMP = b"".join(bytes([i, i, i, 0]) for i in range(256))
BGR = b"\x02\x01\x00\x05\x04\x03\0\0\x08\x07\x06\x0b\x0a\x09\0\0"

EXACT = {
    "png gray": (png(8, 0, png_rows(GRAY)), GRAY),
    "png rgb": (png(8, 2, png_rows(RGB)), RGB),
    "pgm": (b"P5 2 2 255\n" + GRAY, GRAY),
    "pgm with comments": (b"P5 #one\n# two\n 2 #three\n2\n255\n" + GRAY + b"\n", GRAY),
    "pgm in letters": (b"P2 2 2 255\n0 127 255 1", GRAY),
    "ppm": (b"P6\n2 2\n255\n" + RGB, RGB),
    "bmp rgb": (bmp(24, BGR), RGB),
    "bmp gray": (bmp(8, b"\x00\x7f\0\0\xff\x01\0\0", RAMP), GRAY),
    "tiff gray": (tiff(GRAY), GRAY),
    "tiff rgb": (tiff(RGB, t258=(8, 8, 8), t262=(2,), t277=(3,)), RGB),
    "tiff rgb in planes": (
        tiff(RGB[::3] + RGB[1::3] + RGB[2::3], t258=(8, 8, 8), t262=(2,), t277=(3,), t284=(2,), t273=(8, 12, 16),
             t279=(4, 4, 4)),
        RGB,
    ),
}  # fmt: skip

REFUSED = {
    "16-bit gray": png(16, 0, png_rows(GRAY * 2)),
    "16-bit RGB": png(16, 2, png_rows(RGB * 2)),
    "4-bit gray": png(4, 0, png_rows(b"\x0f\xf1")),
    "1-bit gray": png(1, 0, png_rows(b"\x80\x40")),
    "8-bit palette": png(8, 3, png_rows(b"\0\1\1\0"), (b"PLTE", RGB)),
    "8-bit gray with alpha": png(8, 4, png_rows(GRAY * 2)),
    "8-bit RGB with alpha": png(8, 6, png_rows(bytes(16))),
    "RGB with values up to 65535": b"P6 2 2 65535\n" + RGB * 2,
    "gray with values up to 65535": b"P5 2 2 65535\n" + GRAY * 2,
    "gray with values up to 100": b"P5 2 2 100\n" + bytes(4),
    "several pictures of 8-bit gray": (b"P5 2 2 255\n" + GRAY) * 2,
    "a PPM of 1-bit": b"P4 2 2\n\x80\x40",
    "Netpbm 'Pf'": b"Pf 2 2 1.0\n" + bytes(16),
    "16-bit pixel": bmp(16, bytes(8)),
    "32-bit pixel": bmp(32, bytes(16)),
    "4-bit palette": bmp(4, bytes(8), RAMP[:64]),
    "BMP of 8-bit palette": bmp(8, bytes(8), RAMP[::-1]),
    "8-bit signed gray": tiff(GRAY, t339=(2,)),
    "8-bit inverted gray": tiff(GRAY, t262=(0,)),
    "TIFF of 16-bit gray": tiff(GRAY * 2, t258=(16,)),
    "TIFF of 16-bit RGB": tiff(RGB * 2, t258=(16, 16, 16), t262=(2,), t277=(3,)),
    "8-bit RGB with 1 extra channel": tiff(RGB + GRAY, t258=(8,) * 4, t262=(2,), t277=(4,), t338=(0,)),
    "8-bit gray with 1 extra channel": tiff(GRAY * 2, t258=(8, 8), t277=(2,), t338=(0,)),
    "8-bit CMYK": tiff(RGB + GRAY, t258=(8,) * 4, t262=(5,), t277=(4,)),
    "8-bit YCbCr": tiff(RGB, t258=(8,) * 3, t262=(6,), t277=(3,)),
    "8-bit CIELAB": tiff(RGB, t258=(8,) * 3, t262=(8,), t277=(3,)),
    "8-bit gray in TIFF compression 50001": tiff(GRAY, t259=(50001,)),
}


@pytest.mark.parametrize("name", EXACT)
def test_stored_samples_arrive_as_stored(name: str) -> None:
    data, expected = EXACT[name]
    samples = read_picture(data).samples
    assert samples.dtype == np.uint8
    assert samples.shape == ((2, 2) if len(expected) == 4 else (2, 2, 3))
    assert samples.tobytes() == expected


@pytest.mark.parametrize("found", REFUSED)
def test_everything_else_is_refused_by_what_it_is(found: str) -> None:
    with pytest.raises(UnsupportedError) as refusal:
        read_picture(REFUSED[found])
    assert found in str(refusal.value)
    assert "\n" not in str(refusal.value)


def test_png_with_a_wrong_checksum_over_its_samples_is_refused() -> None:
    data = bytearray(png(8, 0, png_rows(GRAY)))
    data[data.index(b"IEND") - 5] ^= 1  # the last byte of the checksum of IDAT, which Pillow does not look at
    with pytest.raises(InputError, match="checksum of the PNG's 'IDAT' chunk at byte 33 is wrong"):
        read_picture(bytes(data))


def test_png_cut_inside_its_samples_is_refused() -> None:
    data = png(8, 0, png_rows(GRAY))
    with pytest.raises(InputError, match=r"cut off|truncated"):
        read_picture(data[: data.index(b"IDAT") + 6])

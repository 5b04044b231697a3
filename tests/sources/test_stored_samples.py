"""What a picture file stores is named from its own header, also where Pillow would convert it silently."""

import struct
import zlib

import numpy as np
import pytest

from hybridcodec.errors import InputError, UnsupportedError
from hybridcodec.sources import read_document, read_picture

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


def npy(dtype: str, samples: bytes, shape: tuple[int, ...] = (2, 2)) -> bytes:
    header = f"{{'descr': '{dtype}', 'fortran_order': False, 'shape': {shape}, }}".ljust(117) + "\n"
    return b"\x93NUMPY\1\0" + struct.pack("<H", len(header)) + header.encode() + samples


def pam(depth: int, maximum: int, samples: bytes) -> bytes:
    tuples = {2: "GRAYSCALE_ALPHA", 4: "RGB_ALPHA"}.get(depth, "")
    header = f"P7\nWIDTH 2\n# by hand\nHEIGHT 2\nDEPTH {depth}\nMAXVAL {maximum}\nTUPLTYPE {tuples}\nENDHDR\n"
    return header.encode() + samples


def swapped(samples: bytes) -> bytes:
    return np.frombuffer(samples, ">u2").astype("<u2").tobytes()


def bgra(samples: bytes) -> bytes:
    return np.frombuffer(samples, np.uint8).reshape(-1, 4)[:, [2, 1, 0, 3]].tobytes()


RAMP = b"".join(bytes([i, i, i, 0]) for i in range(256))
DOWN = b"".join(bytes([255 - i, 255 - i, 255 - i, 0]) for i in range(256))
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

I2 = bytes([0, 1, 0xFF, 0xFE, 7, 8, 0x80, 0])  # four pairs of bytes, in either order
TAKEN = {
    "1-bit gray": ((png(1, 0, png_rows(b"\x80\x40")), b"P4 2 2\n\x40\x80", b"P1 2 2 01 1 0"), [1, 0, 0, 1]),
    "4-bit gray": ((png(4, 0, png_rows(b"\x0f\xf1")), tiff(b"\x0f\xf1", t258=(4,))), [0, 15, 15, 1]),
    "16-bit gray": (
        (png(16, 0, png_rows(I2)), b"P5 2 2 65535\n" + I2, tiff(swapped(I2), t258=(16,))), [1, 65534, 1800, 32768]
    ),
    "8-bit signed gray": ((tiff(GRAY, t339=(2,)), npy("|i1", GRAY)), [0, 127, -1, 1]),
    "16-bit signed gray": ((tiff(swapped(I2), t258=(16,), t339=(2,)), npy(">i2", I2)), [1, -2, 1800, -32768]),
    "8-bit gray": ((tiff(GRAY, t262=(0,)), bmp(8, b"\x00\x7f\0\0\xff\x01\0\0", DOWN)), [255, 128, 0, 254]),
    "7-bit gray": ((b"P5 2 2 100\n\x01\x02\x03\x64",), [1, 2, 3, 100]),
    "16-bit RGB": (
        (png(16, 2, png_rows(RGB + RGB[::-1])), b"P6 2 2 65535\n" + RGB + RGB[::-1],
         tiff(swapped(RGB + RGB[::-1]), t258=(16,) * 3, t262=(2,), t277=(3,))),
        [1, 515, 1029, 1543, 2057, 2571, 2826, 2312, 1798, 1284, 770, 256],
    ),
    "8-bit gray with alpha": (
        (png(8, 4, png_rows(GRAY * 2)), tiff(GRAY * 2, t258=(8, 8), t277=(2,), t338=(2,)), pam(2, 255, GRAY * 2)),
        [0, 127, 255, 1] * 2,
    ),
    "8-bit gray with premultiplied alpha": (
        (tiff(GRAY * 2, t258=(8, 8), t277=(2,), t338=(1,)),), [0, 127, 255, 1] * 2
    ),
    "8-bit RGB with alpha": (
        (png(8, 6, png_rows(RGB + GRAY)), tiff(RGB + GRAY, t258=(8,) * 4, t262=(2,), t277=(4,), t338=(2,)),
         pam(4, 255, RGB + GRAY), npy("|u1", RGB + GRAY, (2, 2, 4)), bmp(32, bgra(RGB + GRAY))),
        [*RGB, *GRAY],
    ),
    "8-bit samples in 4 channels": (
        (tiff(RGB + GRAY, t258=(8,) * 4, t262=(2,), t277=(4,), t338=(0,)),
         tiff(RGB + GRAY, t258=(8,) * 4, t262=(2,), t277=(4,))),
        [*RGB, *GRAY],
    ),
    "8-bit samples in 2 channels": ((tiff(GRAY * 2, t258=(8, 8), t277=(2,)),), [0, 127, 255, 1] * 2),
    "8-bit palette": (
        (png(8, 3, png_rows(b"\0\1\1\0"), (b"PLTE", RGB)), bmp(8, b"\0\1\0\0\1\0\0\0", RAMP[4:] + RAMP[:4]),
         tiff(b"\0\1\1\0", t262=(3,), t320=tuple(range(768)))),
        [0, 1, 1, 0],
    ),
    "4-bit palette": ((bmp(4, b"\x12\0\0\0\x21\0\0\0", RAMP[:64]),), [1, 2, 2, 1]),
}  # fmt: skip

REFUSED = {
    "floating-point PFM": b"Pf\n2 2\n1.0\n" + bytes(16),
    "16-bit pixel": bmp(16, bytes(8)),
    "8-bit CMYK": tiff(RGB + GRAY, t258=(8,) * 4, t262=(5,), t277=(4,)),
    "8-bit YCbCr": tiff(RGB, t258=(8,) * 3, t262=(6,), t277=(3,)),
    "8-bit CIELAB": tiff(RGB, t258=(8,) * 3, t262=(8,), t277=(3,)),
    "8-bit gray in TIFF compression 50001": tiff(GRAY, t259=(50001,)),
    "32-bit gray": tiff(GRAY * 4, t258=(32,)),
    "32-bit floating-point gray": tiff(GRAY * 4, t258=(32,), t339=(3,)),
    "8-bit signed inverted gray": tiff(GRAY, t339=(2,), t262=(0,)),
    "8-bit gray with 4 extra channels": tiff(GRAY * 5, t258=(8,) * 5, t277=(5,)),
    "8-bit palette with 1 extra channel": tiff(GRAY * 2, t258=(8, 8), t277=(2,), t262=(3,), t320=tuple(range(768))),
    "samples of mixed kinds": tiff(RGB, t258=(8, 8, 4), t262=(2,), t277=(3,)),
    "NPY of float32": npy("<f4", GRAY * 4),
    "NPY of int32": npy("<i4", GRAY * 4),
    "NPY of shape (2, 2, 5)": npy("|u1", GRAY * 5, (2, 2, 5)),
    "NPY of shape (4,)": npy("|u1", GRAY, (4,)),
    "PAM of 5 channels": pam(5, 255, GRAY * 5),
}


@pytest.mark.parametrize("name", EXACT)
def test_stored_samples_arrive_as_stored(name: str) -> None:
    data, expected = EXACT[name]
    samples = read_picture(data).samples
    assert samples.dtype == np.uint8
    assert samples.shape == ((2, 2) if len(expected) == 4 else (2, 2, 3))
    assert samples.tobytes() == expected


@pytest.mark.parametrize("kind", TAKEN)
def test_samples_of_every_kind_arrive_as_stored_whatever_the_format(kind: str) -> None:
    files, expected = TAKEN[kind]
    for data in files:
        (picture,) = read_document(data).pictures
        assert str(picture.kind) == kind
        assert picture.samples.dtype == picture.kind.dtype
        assert picture.samples.shape == (2, 2, picture.kind.channels)
        assert picture.samples.ravel().tolist() == expected


def test_several_pictures_in_a_netpbm_file_are_all_read() -> None:
    document = read_document(b"P5 2 2 255\n" + GRAY + b"P6 2 2 255\n" + RGB + b"P5 2 2 255\n" + GRAY[::-1])
    assert [picture.samples.tobytes() for picture in document.pictures] == [GRAY, RGB, GRAY[::-1]]
    assert document.left_out == ()


@pytest.mark.parametrize("found", REFUSED)
def test_everything_else_is_refused_by_what_it_is(found: str) -> None:
    with pytest.raises(UnsupportedError) as refusal:
        read_document(REFUSED[found])
    assert found in str(refusal.value)
    assert "\n" not in str(refusal.value)


def test_bmp_of_runs_that_claims_more_pixels_than_they_can_give_is_an_input_error() -> None:
    data = bytearray(bmp(8, b"\2\1\0\0\2\3\0\1", RAMP))
    data[18:22], data[30:34] = (1 << 20).to_bytes(4, "little"), (1).to_bytes(4, "little")
    with pytest.raises(InputError, match="truncated"):
        read_document(bytes(data))


def test_png_with_a_wrong_checksum_over_its_samples_is_refused() -> None:
    data = bytearray(png(8, 0, png_rows(GRAY)))
    data[data.index(b"IEND") - 5] ^= 1  # the last byte of the checksum of IDAT, which Pillow does not look at
    with pytest.raises(InputError, match="checksum of the PNG's 'IDAT' chunk at byte 33 is wrong"):
        read_picture(bytes(data))


def test_png_cut_inside_its_samples_is_refused() -> None:
    data = png(8, 0, png_rows(GRAY))
    with pytest.raises(InputError, match=r"cut off|truncated"):
        read_picture(data[: data.index(b"IDAT") + 6])

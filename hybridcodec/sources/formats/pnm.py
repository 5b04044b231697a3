"""Netpbm's gray and colour pictures (pgm(5), ppm(5)), which Pillow calls PPM."""

import re
from typing import Final

from PIL import Image

from hybridcodec.image import Metadata
from hybridcodec.sources import pillow
from hybridcodec.sources.format import Format, Opened, Writer
from hybridcodec.sources.parts import pnm


def _stored(image: Image.Image, data: bytes) -> str:  # noqa: ARG001
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


def _write(image: Image.Image, metadata: Metadata) -> bytes:  # noqa: ARG001 - it holds none
    return pillow.saved(image, "PPM")


PNM: Final = Format(
    name="PPM",
    suffixes=(".ppm", ".pgm", ".pnm"),
    read=Opened(_stored, pillow.take, pnm.left_out),
    start=re.compile(rb"P[1-6]\s"),
    writer=Writer((".ppm", ".pgm", ".pnm"), _write),
)

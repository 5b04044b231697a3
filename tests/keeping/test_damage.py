"""Whatever a recipe says, following it gives bytes or one of our errors, in bounded memory."""

from dataclasses import replace

import numpy as np
import pytest
from hybridcodec_container import ContainerError, Packing, Serial
from keeping_files import picture, rows_of, smooth

from hybridcodec.errors import HybridcodecError
from hybridcodec.image import Picture
from hybridcodec.keeping.laid import header_of
from hybridcodec.keeping.methods import METHODS, PACKERS
from hybridcodec.keeping.named import NAMED, PACKED
from hybridcodec.keeping.png_filters import pack_filters

DEFLATE = b"\x78\x9c" + bytes([6, 0, 8, 15])
FILTERS = pack_filters(np.array([0, 1, 2, 3, 4], np.uint8), np.zeros((5, 6), np.uint8), 1)
STRIPS = bytes([1, 1, 2]) + (2).to_bytes(4, "little")
TABLE = bytes([0xFF, 0xC4, 0, 36, 0, *([0] * 4), 17, *([0] * 11), *range(17)])
JPEG = b"\xff\xd8" + TABLE + bytes.fromhex("ffc3000b080005000601011100ffda0008010100010000")
JPEG_LS = bytes.fromhex("ffd8fff7000b080005000601011100ffda0008010100000000")
SEEDS = {
    "png": b"\0\0\0\0\0" + DEFLATE + len(FILTERS).to_bytes(3, "little") + FILTERS,
    "zlib": STRIPS + DEFLATE,
    "lzw": STRIPS + b"\xfe\x0f\x10\x27\1",
    "packbits": STRIPS,
    "g4": STRIPS + b"\2\0",
    "jpeg-lossless": b"\1" + len(JPEG).to_bytes(4, "little") + JPEG + b"\xff\xd9",
    "jpeg-ls": len(JPEG_LS).to_bytes(4, "little") + JPEG_LS + b"\xff\xd9",
    "rle": b"\2",
}


def serials(random: np.random.Generator, usual: Serial) -> Serial:
    """Return a layout that a damaged recipe may have, a usual one in half of the cases."""
    if random.random() < 0.5:
        return usual
    packing = Packing(int(random.integers(0, 3)))
    return replace(
        usual,
        packing=packing,
        sample_bytes=int(random.choice([1, 2, 4])) if packing is Packing.BYTES else 0,
        big_endian=bool(random.integers(2)),
        planar=bool(random.integers(2)),
        bottom_up=bool(random.integers(2)),
        invert=bool(random.integers(2)),
        row_step=int(random.choice([0, 1, 2, 3, 64])),
        first_row=int(random.integers(0, 3)),
        rows=int(random.integers(1, 6)),
    )


def pictures() -> list[Picture]:
    signed = Picture.of(smooth(5, 6, 1, 12).astype(np.int16) - 2000)
    return [picture(smooth(5, 6, 1)), picture(smooth(5, 6, 3)), picture(smooth(5, 6, 1, 1), 1), signed]


@pytest.mark.parametrize("name", METHODS)
def test_random_parameters_and_layouts_give_bytes_or_our_errors(name: str) -> None:
    random, outcomes = np.random.default_rng(len(name)), {"made": 0, "refused": 0}
    kept = pictures()
    for number in range(700):
        what = kept[number % len(kept)]
        parameters = bytearray(SEEDS[name])
        for _ in range(int(random.integers(0, 4))):
            parameters[int(random.integers(0, len(parameters)))] = int(random.choice([0, 1, 2, 3, 9, 15, 127, 255]))
        gaps = b"\0\0" if number % 5 else b"\1\0\4\0\0\0\2??"
        written = serials(random, rows_of(what)).pack() + gaps + bytes(parameters)
        try:
            made = b"".join(NAMED[name](what.samples, header_of(what), written))
        except (HybridcodecError, ContainerError):
            outcomes["refused"] += 1
        else:
            outcomes["made"] += len(made) < 200_000
    assert outcomes["made"] > 20
    assert outcomes["refused"] > 20


def test_lzw_that_clears_at_every_code_has_the_room_for_it() -> None:
    noise = picture(np.random.default_rng(2).integers(0, 256, (64, 500, 1), np.uint8))
    for full, gap in ((259, 0), (260, 1), (4094, 1), (4095, 2)):
        coding = bytes([1, 1, 1]) + (64).to_bytes(4, "little") + full.to_bytes(2, "little") + gap.to_bytes(2, "little")
        written = rows_of(noise).pack() + b"\0\0" + coding + b"\1"
        assert len(b"".join(NAMED["lzw"](noise.samples, header_of(noise), written))) > 32_000


@pytest.mark.parametrize("name", PACKERS)
def test_random_bytes_are_no_packed_jpegs(name: str) -> None:
    random = np.random.default_rng(8)
    for size in (0, 1, 20, 24, 40, 3000):
        with pytest.raises(HybridcodecError):
            b"".join(PACKED[name](random.bytes(size), 100, b""))

"""Write the golden files of every coder and kind of samples, once: `python container/golden/make_kinds.py`.

Albums, groups of frames and kept source files are among them. Beside each lies a JSON with the sample hash and the
coders of each picture, and the hash of the source file that comes back.
"""

import hashlib
import struct
import zlib
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray
from writing import write_all

from hybridcodec import Metadata, Options, Palette, Picture, Role, SampleKind, Window, decode_picture, encode, read_info
from hybridcodec.codec import encode_album
from hybridcodec.filing import Terms, file_source
from hybridcodec.keeping import rebuild_source
from hybridcodec.kinds import GRAY, INDEXED, RGB
from hybridcodec.modes import Keep, Mode
from hybridcodec.proof.checks import sample_hash

FOLDER = Path(__file__).parent / "v2.0" / "kinds"
H, W = 48, 60

Array = NDArray[Any]


def slopes(kind: SampleKind, seed: int = 1) -> Array:
    """Return slopes over the range of a kind, a flat patch and some noise, all by integers: (H, W, C)."""
    rng = np.random.default_rng(seed)
    y, x = np.mgrid[:H, :W]
    span = kind.high - kind.low
    planes = []
    for c in range(kind.channels):
        plane = kind.low + span * (2 * y + (3 + c) * x) // (2 * H + (3 + c) * W)
        plane = plane + rng.integers(-(span // 60), span // 60 + 1, (H, W))
        plane[: H // 4, : W // 3] = kind.low + span // 5
        planes.append(plane)
    return np.stack(planes, 2).clip(kind.low, kind.high).astype(kind.dtype)


def page(seed: int = 2) -> Array:
    """Return lines of dark blocks that come again, like text: (H, W, 1) of 0 and 1."""
    rng = np.random.default_rng(seed)
    letters = rng.integers(0, 2, (4, 7, 5))
    picture = np.ones((H, W, 1), np.uint8)
    for row in range(3, H - 8, 11):
        for column in range(2, W - 6, 7):
            picture[row : row + 7, column : column + 5, 0] = letters[(row * 3 + column) % 4]
    return picture


def text(seed: int = 7) -> Array:
    """Return lines of a few letters, each the same wherever it stands: (120, 160, 1) of 0 and 1."""
    rng = np.random.default_rng(seed)
    letters = np.kron(rng.integers(0, 2, (6, 9, 7)), np.ones((2, 2), np.int64))
    picture = np.ones((120, 160, 1), np.uint8)
    for row in range(6, 96, 26):
        for column in range(6, 140, 20):
            picture[row : row + 18, column : column + 14, 0] = letters[rng.integers(6)]
    return picture


def screen(channels: int) -> Array:
    """Return a window with a frame, a bar and text on it: (H, W, channels)."""
    colours = np.array([[250, 250, 250, 255], [30, 90, 200, 255], [20, 20, 20, 255], [200, 200, 200, 128]], np.uint8)
    indices = np.zeros((H, W), np.int64)
    indices[:6], indices[:, :2], indices[-2:] = 1, 3, 3
    indices[8:] = np.where(page()[8:, :, 0] == 0, 2, indices[8:])
    return colours[indices, :channels] if channels > 1 else indices[..., None].astype(np.uint8)


def frames() -> list[Picture]:
    """Return frames that differ from the one before by little."""
    kind = SampleKind(GRAY, 12)
    noise = np.random.default_rng(3).integers(0, 4000, (H, W, 1))
    return [Picture.of((noise + 7 * n).astype(np.uint16), kind, Metadata(xmp=b"%d" % n)) for n in range(10)]


def pgm(samples: Array) -> bytes:
    """Return a Netpbm file of samples (H, W, 1) of 16 bits."""
    return b"P5\n# a comment\n%d %d\n65535\n" % (W, H) + samples.astype(">u2").tobytes()


def png(samples: Array) -> bytes:
    """Return a PNG of samples (H, W, 3) of 8 bits, deflated by zlib."""
    rows = b"".join(b"\0" + row.tobytes() for row in samples)
    head = struct.pack(">IIBBBBB", W, H, 8, 2, 0, 0, 0)
    chunks = ((b"IHDR", head), (b"tEXt", b"Comment\0golden"), (b"IDAT", zlib.compress(rows, 6)), (b"IEND", b""))
    packed = (struct.pack(">I", len(d)) + k + d + struct.pack(">I", zlib.crc32(k + d)) for k, d in chunks)
    return b"\x89PNG\r\n\x1a\n" + b"".join(packed)


def files() -> dict[str, bytes]:
    """Return all golden files by name."""
    kinds = {
        **{f"gray_{bits}_bits": SampleKind(GRAY, bits) for bits in (2, 9, 12, 16)},
        **{f"signed_{bits}_bits": SampleKind(GRAY, bits, signed=True) for bits in (8, 16)},
        "gray_alpha": SampleKind((*GRAY, Role.ALPHA), 8),
        "rgb_16_bits": SampleKind(RGB, 16),
        "rgb_alpha_16_bits": SampleKind((*RGB, Role.ALPHA_PREMULTIPLIED), 16),
        "others": SampleKind((Role.OTHER, Role.OTHER), 10),
    }
    made = {name: encode(Picture.of(slopes(kind), kind)) for name, kind in kinds.items()}
    ct, bits = SampleKind(GRAY, 16, signed=True), SampleKind(GRAY, 1)
    indexed = SampleKind(INDEXED, 8, palette=Palette(4, 8, bytes(range(16))))
    noise = np.random.default_rng(4).integers(0, 1 << 16, (H, W)).astype(np.uint16)
    pages = [Picture.of(page(seed), bits) for seed in (2, 5)] + [Picture.of(screen(3))]
    return made | {
        "near_lossless_16_bits": encode(Picture.of(slopes(ct), ct), mode=Mode.NEAR_LOSSLESS, max_error=40),
        "window": encode(Picture.of(slopes(ct), ct, window=Window(-1000, 3000, invert=True)), mode=Mode.PERCEPTUAL),
        "small_preview": encode(Picture.of(slopes(ct), ct), options=Options(preview="small")),
        "page": encode(Picture.of(page(), bits)),
        "page_matched": encode(Picture.of(text(), bits), options=Options(matching=True)),
        "screen": encode(screen(3)),
        "screen_alpha": encode(screen(4)),
        "page_8_bits": encode(page() * 255),
        "stretched": encode(slopes(SampleKind(RGB)) // 9 * 9),
        "palette": encode(Picture.of(screen(1), indexed)),
        "noise": encode(noise),
        "pages": encode_album(pages),
        "frames": encode_album(frames()),
        "kept_pgm": file_source(pgm(slopes(SampleKind(GRAY, 16))), Terms(keep=Keep.FILE)).data,
        "kept_png": file_source(png(slopes(SampleKind(RGB))), Terms(keep=Keep.FILE)).data,
        "kept_text": file_source(b"no picture\n" * 20, Terms(keep=Keep.FILE)).data,
    }


def record(data: bytes) -> dict[str, Any]:
    """Return what must be found in a file."""
    info = read_info(data)
    found: dict[str, Any] = {"sha256": hashlib.sha256(data).hexdigest(), "pictures": [], "file": ""}
    for number in range(info.pictures if info.mode is not Mode.PERCEPTUAL else 0):
        samples = decode_picture(data, picture=number if info.pictures > 1 else None).samples
        found["pictures"].append({"samples": sample_hash(samples), "coders": read_info(data, number).coders})
    if info.restores:
        found["file"] = hashlib.sha256(b"".join(rebuild_source(data))).hexdigest()
    return found


def main() -> None:
    """Write all files."""
    write_all(FOLDER, files(), record)


if __name__ == "__main__":
    main()

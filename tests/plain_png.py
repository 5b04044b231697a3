"""A plain PNG encoder and decoder, written from the specification, to compare with: any type and depth, any filter."""

import struct
import zlib

import numpy as np

CHANNELS = {0: 1, 2: 3, 3: 1, 4: 2, 6: 4}
PASSES = [(0, 0, 8, 8), (4, 0, 8, 8), (0, 4, 4, 8), (2, 0, 4, 4), (0, 2, 2, 4), (1, 0, 2, 2), (0, 1, 1, 2)]


def chunk(kind: bytes, body: bytes) -> bytes:
    return struct.pack(">I", len(body)) + kind + body + struct.pack(">I", zlib.crc32(kind + body))


def paeth(a: int, b: int, c: int) -> int:
    p = a + b - c
    return min((abs(p - a), 0, a), (abs(p - b), 1, b), (abs(p - c), 2, c))[2]


def predicted(kind: int, a: int, b: int, c: int) -> int:
    return (0, a, b, (a + b) // 2, paeth(a, b, c))[kind]


def passes(width: int, height: int, interlaced: bool) -> list[tuple[slice, slice]]:
    if not interlaced:
        return [(slice(0, height), slice(0, width))]
    found = [(slice(y, height, dy), slice(x, width, dx)) for x, y, dx, dy in PASSES]
    return [(rows, columns) for rows, columns in found if rows.start < height and columns.start < width]


def encoded(
    samples: np.ndarray, depth: int, colour: int, *extra: tuple[bytes, bytes], interlaced: bool = False, seed: int = 0
) -> bytes:
    """The PNG of samples (H, W, C), its rows filtered in ways chosen by chance, its data in two chunks."""
    H, W, C = samples.shape
    rng, stream = np.random.default_rng(seed), bytearray()
    step = max(1, C * depth // 8)
    for rows, columns in passes(W, H, interlaced):
        above = b""
        for line in samples[rows, columns]:
            row, kind = packed(line.ravel(), depth), int(rng.integers(5))
            above = above or bytes(len(row))
            stream.append(kind)
            for i, value in enumerate(row):
                a, c = (row[i - step], above[i - step]) if i >= step else (0, 0)
                stream.append((value - predicted(kind, a, above[i], c)) % 256)
            above = row
    data, header = zlib.compress(bytes(stream)), struct.pack(">IIBBBBB", W, H, depth, colour, 0, 0, interlaced)
    half = len(data) // 2
    parts = [(b"IHDR", header), *extra, (b"IDAT", data[:half]), (b"IDAT", data[half:]), (b"IEND", b"")]
    return b"\x89PNG\r\n\x1a\n" + b"".join(chunk(*part) for part in parts)


def packed(line: np.ndarray, depth: int) -> bytes:
    bits = "".join(f"{value:0{depth}b}" for value in line.tolist())
    return bytes(int(bits[i : i + 8].ljust(8, "0"), 2) for i in range(0, len(bits), 8))


def decoded(data: bytes) -> np.ndarray:
    """The samples (H, W, C) of a PNG as they are stored."""
    at, stream = 8, b""
    W, H, depth, colour, _, _, interlaced = struct.unpack_from(">IIBBBBB", data, 16)
    while at < len(data):
        (length,) = struct.unpack_from(">I", data, at)
        stream += data[at + 8 : at + 8 + length] if data[at + 4 : at + 8] == b"IDAT" else b""
        at += 12 + length
    C, stream, at = CHANNELS[colour], zlib.decompress(stream), 0
    samples, step = np.zeros((H, W, C), np.uint16), max(1, C * depth // 8)
    for rows, columns in passes(W, H, bool(interlaced)):
        width = len(range(*columns.indices(W)))
        size = -(-width * C * depth // 8)
        above = bytes(size)
        for y in range(*rows.indices(H)):
            kind, row = stream[at], bytearray()
            for i, value in enumerate(stream[at + 1 : at + 1 + size]):
                a, c = (row[i - step], above[i - step]) if i >= step else (0, 0)
                row.append((value + predicted(kind, a, above[i], c)) % 256)
            bits = "".join(f"{value:08b}" for value in row)
            values = [int(bits[i * depth : (i + 1) * depth], 2) for i in range(width * C)]
            samples[y, columns] = np.reshape(values, (width, C))
            above, at = bytes(row), at + 1 + size
    return samples

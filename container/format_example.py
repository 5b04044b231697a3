"""The worked example of FORMAT.md: `python container/format_example.py` prints its hex dump, field by field.

A test holds the printed dump and FORMAT.md together.
"""

import hashlib
import sys
from collections.abc import Iterator

import numpy as np
from hybridcodec_container import ContainerMode, Header, Metadata, hash_samples, write_container
from hybridcodec_container.chunks import Chunk, walk
from hybridcodec_container.layout import (
    CHUNK_HEADER,
    DIGEST_BYTES,
    DONE,
    HEAD,
    METADATA,
    PROLOGUE,
    TILE_INDEX,
    Kind,
    Record,
)

PICTURE = np.array([[7, 200]], np.uint8)
BASE_PICTURE = np.array([[8, 198]], np.uint8)
RECORDS = {Kind.HEAD: HEAD, Kind.XMP: METADATA, Kind.TILE_INDEX: TILE_INDEX, Kind.DONE: DONE}
WIDTH = 16  # bytes of a line


def build() -> bytes:
    """Return the file: 2 x 1 gray pixels, payloads that no codec made."""
    header = Header(
        width=2,
        height=1,
        channels=1,
        mode=ContainerMode.LOSSLESS,
        base_tile_width=64,
        base_tile_height=64,
        residual_tile_width=256,
        residual_tile_height=256,
        base_model=hashlib.sha256(b"base model").digest(),
        residual_model=hashlib.sha256(b"residual model").digest(),
        base_hash=hash_samples(BASE_PICTURE),
        sample_hash=hash_samples(PICTURE),
        source_hash=hash_samples(PICTURE),
    )
    return write_container(
        header, base_common=b"common", base=[b"base"], residual=[b"residual"], metadata=Metadata(xmp=b"<x/>")
    )


def dump() -> str:
    """Return the file as lines of offset, bytes and what they are."""
    data = build()
    lines = list(_fields(data, PROLOGUE, 0, ""))
    for chunk in walk(data):
        lines.append("")
        lines += _chunk(data, chunk)
    return "\n".join(lines) + "\n"


def _chunk(data: bytes, chunk: Chunk) -> Iterator[str]:
    name = chunk.kind.decode("ascii")
    yield from _fields(data, CHUNK_HEADER, chunk.offset, name + " ")
    offset, end = chunk.payload_offset, chunk.end - DIGEST_BYTES
    record = RECORDS.get(Kind(chunk.kind))
    if record:
        yield from _fields(data, record, offset, "  ")
        offset += record.size
    if chunk.kind == Kind.TILE_INDEX:
        for what in ("length of base tile 0", "length of residual tile 0"):
            yield from _lines(data, offset, offset + 4, "  " + what)
            offset += 4
    yield from _lines(data, offset, end, "  payload")
    yield from _lines(data, end, chunk.end, name + " digest")


def _fields(data: bytes, record: Record, start: int, prefix: str) -> Iterator[str]:
    ends = (*record.offsets[1:], record.size)
    for (field, _), offset, end in zip(record.fields, record.offsets, ends, strict=True):
        yield from _lines(data, start + offset, start + end, prefix + field)


def _lines(data: bytes, start: int, end: int, meaning: str) -> Iterator[str]:
    for place in range(start, end, WIDTH):
        text = data[place : min(place + WIDTH, end)].hex(" ")
        yield f"{place:04x}  {text:<{3 * WIDTH - 1}}  {meaning if place == start else '  ...'}"


if __name__ == "__main__":
    sys.stdout.write(dump())

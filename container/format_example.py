"""The worked example of FORMAT.md: `python container/format_example.py` prints its hex dump, field by field.

A test holds the printed dump and FORMAT.md together.
"""

import hashlib
import sys
from collections.abc import Iterator

import numpy as np
from hybridcodec_container import (
    GRAY,
    ContainerMode,
    Header,
    Layer,
    Layers,
    Metadata,
    Picture,
    Tile,
    hash_samples,
    write_container,
)
from hybridcodec_container.chunks import Chunk
from hybridcodec_container.layout import (
    CHUNK_HEADER,
    DIGEST_BYTES,
    DONE,
    HEAD,
    LAYER,
    METADATA,
    MODEL,
    PROLOGUE,
    Kind,
    Record,
)
from hybridcodec_container.medium import Medium
from hybridcodec_container.reader import survey_file

PICTURE = np.array([[7, 200]], np.uint8)
BASE_PICTURE = np.array([[8, 198]], np.uint8)
RECORDS = {
    Kind.HEAD: (HEAD,),
    Kind.XMP: (METADATA,),
    Kind.BASE_LAYER: (LAYER, MODEL),
    Kind.RESIDUAL_LAYER: (LAYER, MODEL),
    Kind.DONE: (DONE,),
}
WIDTH = 16  # bytes of a line


def build() -> bytes:
    """Return the file: 2 x 1 gray pixels, payloads that no codec made."""
    header = Header(
        width=2,
        height=1,
        roles=GRAY,
        mode=ContainerMode.LOSSLESS,
        layers=Layers.BASE | Layers.RESIDUAL,
        source_hash=hash_samples(PICTURE),
    )
    base = Layer(
        tile_width=64,
        tile_height=64,
        models=(hashlib.sha256(b"base model").digest(),),
        sample_hash=hash_samples(BASE_PICTURE),
        common=b"common",
        tiles=(Tile.of(1, b"base"),),
    )
    residual = Layer(
        tile_width=256,
        tile_height=256,
        models=(hashlib.sha256(b"residual model").digest(),),
        sample_hash=hash_samples(PICTURE),
        tiles=(Tile.of(1, b"residual"),),
    )
    return write_container([Picture.seal(header, metadata=Metadata(xmp=b"<x/>"), base=base, residual=residual)])


def dump() -> str:
    """Return the file as lines of offset, bytes and what they are."""
    data = build()
    lines = list(_fields(data, PROLOGUE, 0, ""))
    for chunk, _ in survey_file(Medium(data))[1].chunks:
        lines.append("")
        lines += _chunk(data, chunk)
    return "\n".join(lines) + "\n"


def _chunk(data: bytes, chunk: Chunk) -> Iterator[str]:
    name = chunk.kind.decode("ascii")
    yield from _fields(data, CHUNK_HEADER, chunk.offset, name + " ")
    offset, end = chunk.payload_offset, chunk.end - DIGEST_BYTES
    for record in RECORDS.get(Kind(chunk.kind), ()):
        yield from _fields(data, record, offset, "  ")
        offset += record.size
    if chunk.kind in (Kind.BASE_LAYER, Kind.RESIDUAL_LAYER):
        for what in ("length of tile 0", "coder of tile 0"):
            yield from _lines(data, offset, offset + 1, "  " + what)
            offset += 1
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

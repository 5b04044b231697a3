"""The product and the reader that was written from FORMAT.md alone take and refuse the same files.

Every checksum and every commitment of these files holds; only their meaning was changed.
"""

from random import Random
from zlib import crc32

import pytest
import reference_container
from container_files import STRUCTURE, chunks_of, with_end
from hybridcodec_container import ContainerError, read_container
from hybridcodec_container.chunks import payload_of, seal_body
from hybridcodec_container.identity import hash_parts, identity_of
from hybridcodec_container.layout import HEAD, NO_IDENTITY
from hybridcodec_container.prologue import pack_prologue

PARTS = (b"PLTE", b"TONE", b"BLYR", b"dlyr", b"RLYR")
OF_THE_FILE = (b"HEAD", b"sRCP", b"sLIT", b"srst", b"zzz0")
NAMES = [
    "lossless",
    "near_lossless",
    "guarded",
    "palette",
    "signed",
    "low_depth",
    "display_tiles",
    "source",
    "rest_of_source",
]
Chunks = list[tuple[bytes, bytes, int]]


def sequence(name: str) -> Chunks:
    """Return kind, payload and index of the chunks of a golden file of one picture."""
    data = (STRUCTURE / f"{name}.hyc").read_bytes()
    return [(chunk.kind, payload_of(data[chunk.offset : chunk.end]), chunk.index) for chunk in chunks_of(data)[:-1]]


def body(kind: bytes, payload: bytes, index: int) -> bytes:
    checked = kind + index.to_bytes(4, "little") + len(payload).to_bytes(4, "little")
    return checked + crc32(checked).to_bytes(4, "little") + payload


def sealed(chunks: Chunks) -> bytes:
    """Return a file whose header commits to its parts, and whose digests hold."""
    parts = hash_parts(body(*chunk) for chunk in chunks if chunk[0] in PARTS)
    data, identity, place = pack_prologue(), NO_IDENTITY, HEAD.offsets[-1]
    for kind, payload, index in chunks:
        if kind == b"HEAD":
            payload = payload[:place] + parts + payload[place + len(parts) :]
            identity = identity_of(payload)
        data += seal_body(body(kind, payload, index), NO_IDENTITY if kind in OF_THE_FILE else identity)
    return with_end(data)


def changed(chunks: Chunks, random: Random) -> Chunks:
    """Return chunks of which one that says something has a byte replaced, lost or added."""
    place = random.choice(
        [number for number, chunk in enumerate(chunks) if chunk[0] in (*PARTS, b"HEAD", b"sRCP", b"srst")]
    )
    kind, payload, index = chunks[place]
    at = random.randrange(min(len(payload), 90))
    value = bytes([random.choice((0, 1, 2, 3, 4, 5, 8, 9, 16, 127, 128, 255, payload[at] ^ 1))])
    payload = random.choice(
        (
            *[payload[:at] + value + payload[at + 1 :]] * 8,
            payload[:at] + payload[at + 1 :],
            payload[:at] + value + payload[at:],
        )
    )
    return [*chunks[:place], (kind, payload, index), *chunks[place + 1 :]]


@pytest.mark.parametrize("name", NAMES)
def test_both_readers_take_and_refuse_the_same(name: str) -> None:
    chunks, random = sequence(name), Random(name)  # noqa: S311 - not for secrets
    assert sealed(chunks) == (STRUCTURE / f"{name}.hyc").read_bytes()
    taken = []
    for _ in range(150):
        data = sealed(changed(chunks, random))
        try:
            ours = bool(read_container(data))
        except ContainerError:
            ours = False
        try:
            theirs = bool(reference_container.read(data))
        except (reference_container.RefusedError, reference_container.UnsupportedError):
            theirs = False
        assert ours == theirs
        taken.append(ours)
    assert {True, False} == set(taken)

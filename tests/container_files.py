"""Helpers for tests of the container: chunks of a file, end chunks that fit, hashes of nothing."""

import hashlib
from pathlib import Path

from hybridcodec_container import Kind
from hybridcodec_container.chunks import Chunk, pack_chunk
from hybridcodec_container.layout import DONE
from hybridcodec_container.medium import Medium
from hybridcodec_container.reader import survey_file

FORMAT = Path(__file__).parents[1] / "container"
STRUCTURE = FORMAT / "golden" / "v2.0" / "structure"
END_BYTES = 24 + DONE.size


def sha(text: str) -> bytes:
    """Return a hash that no picture and no model has."""
    return hashlib.sha256(text.encode()).digest()


def chunks_of(data: bytes) -> list[Chunk]:
    """Return the chunks of a whole file."""
    return [chunk for chunk, _ in survey_file(Medium(data))[1].chunks]


def with_end(body: bytes) -> bytes:
    """Return a file whose end chunk fits what stands before it."""
    return body + pack_chunk(Kind.DONE, DONE.pack(hashlib.sha256(body).digest()))

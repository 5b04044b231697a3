"""Metadata chunks: bytes, round trip, bombs."""

import pytest
import zstandard
from hybridcodec_container import ContainerError, CorruptError, LimitExceededError, UnsupportedContainerError
from hybridcodec_container.layout import MAX_METADATA_BYTES, METADATA, Method
from hybridcodec_container.metadata import pack_metadata, unpack_metadata
from hypothesis import given, settings
from hypothesis import strategies as st


def zstd(raw: bytes, **options: bool) -> bytes:
    return zstandard.ZstdCompressor(**options).compress(raw)


def test_short_metadata_is_stored_as_these_bytes() -> None:
    assert pack_metadata(b"abc") == b"\x00\x03\x00\x00\x00abc"


def test_long_metadata_is_compressed() -> None:
    packed = pack_metadata(b"a" * 1000)
    assert packed[:5] == b"\x01\xe8\x03\x00\x00"
    assert len(packed) < 40
    assert unpack_metadata(packed) == b"a" * 1000


@settings(derandomize=True, deadline=None)
@given(st.binary(min_size=1) | st.builds(lambda part, times: part * times, st.binary(min_size=1), st.integers(1, 200)))
def test_metadata_comes_back(raw: bytes) -> None:
    assert unpack_metadata(pack_metadata(raw)) == raw


@pytest.mark.parametrize(
    ("error", "payload"),
    [
        (CorruptError, b""),
        (CorruptError, b"\0\0\0\0"),
        (CorruptError, METADATA.pack(0, 0)),
        (CorruptError, METADATA.pack(0, 4) + b"abc"),
        (CorruptError, METADATA.pack(0, 2) + b"abc"),
        (CorruptError, METADATA.pack(1, 3)),
        (CorruptError, METADATA.pack(1, 3) + b"no frame"),
        (CorruptError, METADATA.pack(1, 0) + zstd(b"")),
        (CorruptError, METADATA.pack(1, 4) + zstd(b"abc")),
        (CorruptError, METADATA.pack(1, 3) + zstd(b"abc", write_content_size=False)),
        (CorruptError, METADATA.pack(1, 3) + zstd(b"abc") + b"more"),
        (CorruptError, METADATA.pack(1, 3) + zstd(b"abc") * 2),
        (CorruptError, METADATA.pack(1, 300) + zstd(b"abc" * 100)[:-1]),
        (CorruptError, METADATA.pack(1, 3) + b"\x50\x2a\x4d\x18\x03\x00\x00\x00abc"),  # a skippable frame
        (UnsupportedContainerError, METADATA.pack(2, 3) + b"abc"),
        (LimitExceededError, METADATA.pack(1, MAX_METADATA_BYTES + 1) + zstd(b"abc")),
        (LimitExceededError, METADATA.pack(1, 2**32 - 1) + zstd(b"abc")),
    ],
)
def test_bad_metadata_is_refused(error: type[ContainerError], payload: bytes) -> None:
    with pytest.raises(error) as caught:
        unpack_metadata(payload)
    assert type(caught.value) is error


def test_frame_that_holds_more_than_it_states_is_refused() -> None:
    bomb = bytearray(zstd(bytes(1 << 20)))
    parameters = zstandard.get_frame_parameters(bytes(bomb))
    assert parameters.content_size == 1 << 20
    place = bomb.index((1 << 20).to_bytes(4, "little"), 4)
    bomb[place : place + 4] = (100).to_bytes(4, "little")
    with pytest.raises(CorruptError):
        unpack_metadata(METADATA.pack(Method.ZSTD, 100) + bytes(bomb))


def test_empty_and_oversized_metadata_is_not_written() -> None:
    with pytest.raises(ContainerError, match="empty"):
        pack_metadata(b"")
    with pytest.raises(LimitExceededError):
        pack_metadata(bytes(MAX_METADATA_BYTES + 1))
    assert len(unpack_metadata(pack_metadata(bytes(MAX_METADATA_BYTES)))) == MAX_METADATA_BYTES

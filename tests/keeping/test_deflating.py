"""Deflate of our own writes what zlib writes, and always will."""

import hashlib
import zlib
from collections.abc import Iterator
from itertools import product

import numpy as np
import pytest

from hybridcodec.errors import CorruptFileError
from hybridcodec.keeping.deflate import Settings, Zlib, candidates, inflate
from hybridcodec.keeping.deflating import deflated

PLAIN = zlib.ZLIB_RUNTIME_VERSION.startswith(("1.2.12", "1.2.13", "1.3")) and "ng" not in zlib.ZLIB_RUNTIME_VERSION
SETTINGS = [*product(range(1, 10), (0, 1), (8,), (15,)), *product((1, 6, 9), (0,), (1, 5, 9), (9, 12)), (6, 2, 8, 15)]
SETTINGS += [(6, 3, 9, 15), (4, 1, 9, 10)]
PINNED = "0bf2e5fa6346b285fab803b3f495f75fbaee864914cb8402e231e012a1e87030"
"""SHA-256 of all streams below, one behind another: released files need them to be these."""


def contents() -> Iterator[bytes]:
    random = np.random.Generator(np.random.PCG64(20))
    yield from (b"", b"a", b"ab" * 30, bytes(700), bytes(range(256)) * 3)
    yield (random.integers(0, 1 << 32, 20_000, np.uint32) >> 24).astype(np.uint8).tobytes()
    yield np.cumsum(random.integers(0, 3, 90_000) - 1).astype(np.uint8).tobytes()
    yield (random.integers(0, 1 << 16, 4_000) ** 3 >> 44).astype(np.uint8).tobytes() * 9
    yield bytes(70_000) + (random.integers(0, 16, 3000) ** 2).astype(np.uint8).tobytes()


def test_streams_are_the_same_for_ever_and_hold_their_content() -> None:
    digest = hashlib.sha256()
    for content, settings in product(contents(), SETTINGS):
        stream = deflated(content, *settings)
        assert stream is not None
        assert zlib.decompress(stream, -15) == content
        digest.update(stream)
    assert digest.hexdigest() == PINNED


@pytest.mark.skipif(not PLAIN, reason=f"zlib here is {zlib.ZLIB_RUNTIME_VERSION}, whose streams may be others")
def test_streams_are_those_of_zlib() -> None:
    for content, (level, strategy, memory, window) in product(contents(), SETTINGS):
        writer = zlib.compressobj(level, zlib.DEFLATED, -window, memory, strategy)
        expected = writer.compress(content) + writer.flush()
        assert deflated(content, level, strategy, memory, window) == expected, (len(content), level, strategy, memory)


def test_a_stream_that_is_another_is_given_up() -> None:
    content = next(part for part in contents() if len(part) > 80_000)
    stream = deflated(content, 6, 0, 8, 15)
    assert stream is not None
    assert deflated(content, 6, 0, 8, 15, stream) == stream
    for other in (stream[:-1], stream + b"\0", stream[:3000] + b"!" + stream[3001:], b"x"):
        assert deflated(content, 6, 0, 8, 15, other) is None


def test_settings_of_a_stream_are_found_and_of_others_there_are_none() -> None:
    for content in (part for part in contents() if len(part) > 1000):
        writer = Zlib(b"\x78\xda", Settings(9, 1, 9, 15))
        found = next(candidates(writer.write(content), content))
        assert found.write(content) == writer.write(content)
        flushed = zlib.compressobj()
        odd = flushed.compress(content[:500]) + flushed.flush(zlib.Z_SYNC_FLUSH) + flushed.compress(content[500:])
        assert list(candidates(odd + flushed.flush(), content)) == []
    assert list(candidates(b"", b"")) == []


def test_settings_come_back_and_damaged_ones_are_refused() -> None:
    kept = Zlib(b"\x78\x9c", Settings(6, 0, 8, 15))
    assert Zlib.unpack(kept.pack() + b"more") == (kept, b"more")
    for place, value in ((2, 0), (2, 10), (3, 4), (4, 0), (4, 10), (5, 8), (5, 16)):
        with pytest.raises(CorruptFileError, match="settings"):
            Zlib.unpack(kept.pack()[:place] + bytes([value]) + kept.pack()[place + 1 :])
    with pytest.raises(CorruptFileError, match="6 bytes"):
        Zlib.unpack(kept.pack()[:-1])


def test_what_a_stream_holds_must_be_as_long_as_is_known() -> None:
    stream = zlib.compress(bytes(1000))
    assert inflate(stream, 1000) == bytes(1000)
    for damaged, length in ((stream, 999), (stream, 1001), (stream + b"!", 1000), (stream[:-1], 1000), (b"no", 0)):
        assert inflate(damaged, length) is None

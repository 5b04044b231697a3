"""The rest of a source file: bytes, sums, limits, and what readers and writers do with it."""

from collections.abc import Sequence

import pytest
from hybridcodec_container import (
    Album,
    ContainerError,
    CorruptError,
    Layer,
    LimitExceededError,
    Picture,
    Rest,
    Source,
    UnsupportedContainerError,
    drop_residual,
    layout,
    read_container,
    read_header,
    read_remains,
    scan_container,
    write_container,
)
from hybridcodec_container.rest import pack_rest, unpack_rest

REST = Rest(20, ((0, 3), (7, 8)), b"headthend")
LITERAL = (
    "1400000000000000 02000000"
    "0000000000000000 0300000000000000"
    "0700000000000000 0800000000000000"
    "00 09000000 68656164 7468656e64"
)  # fmt: skip


def test_rest_is_these_bytes() -> None:
    assert pack_rest(REST) == bytes.fromhex(LITERAL)
    assert unpack_rest(bytes.fromhex(LITERAL)) == REST
    assert b"".join(REST.filled()) == bytes(3) + b"head" + bytes(8) + b"thend"
    assert list(REST.kept()) == [(3, b"head"), (15, b"thend")]
    assert Rest.of(b"xyzhead12345678thend", REST.gaps) == REST


def patched(place: int, value: str) -> bytes:
    packed = bytes.fromhex(LITERAL)
    return packed[:place] + bytes.fromhex(value) + packed[place + len(value) // 2 :]


@pytest.mark.parametrize(
    ("error", "payload"),
    [
        (CorruptError, b""),
        (CorruptError, bytes.fromhex(LITERAL)[:-1]),
        (CorruptError, bytes.fromhex(LITERAL)[:45]),
        (CorruptError, bytes.fromhex(LITERAL) + b"\0"),
        (CorruptError, patched(0, "15")),
        (CorruptError, patched(8, "00")),
        (CorruptError, patched(8, "ffff")),
        (CorruptError, patched(12, "07")),
        (CorruptError, patched(12, "05")),
        (CorruptError, patched(20, "00")),
        (CorruptError, patched(20, "07")),
        (CorruptError, patched(28, "03")),
        (CorruptError, patched(28, "10")),
        (CorruptError, patched(35, "80")),
        (CorruptError, patched(36, "09")),
        (CorruptError, patched(43, "80")),
        (CorruptError, patched(45, "0a")),
        (UnsupportedContainerError, patched(44, "02")),
        (LimitExceededError, patched(0, "ffffffffffffff7f")),
        (LimitExceededError, patched(8, "01000100")),
        (LimitExceededError, patched(45, "01000001")),
    ],
)
def test_bad_rests_are_refused(error: type[ContainerError], payload: bytes) -> None:
    with pytest.raises(error) as caught:
        unpack_rest(payload)
    assert type(caught.value) is error


@pytest.mark.parametrize("gaps", [(), ((0, 10),), ((0, 2), (2, 2)), ((4, 2), (0, 2)), ((8, 3),), ((-1, 2),)])
def test_gaps_are_apart_and_in_order_and_leave_something(gaps: Sequence[tuple[int, int]]) -> None:
    with pytest.raises(ContainerError):
        Rest.of(b"0123456789", tuple(gaps))


def test_long_gaps_are_filled_part_by_part() -> None:
    parts = Rest(layout.MAX_SOURCE_BYTES, ((1, layout.MAX_SOURCE_BYTES - 1),), b"a").filled()
    assert [len(next(parts)) for _ in range(3)] == [1, 1 << 20, 1 << 20]


def test_every_reader_finds_the_rest_and_none_needs_it(pictures: list[Picture]) -> None:
    data, bare = write_container(pictures, rest=REST), write_container(pictures)
    found, album = read_container(data), Album.open(data)
    album.prove()
    assert found.rest == album.rest() == read_remains(data).rest == REST
    assert (found.source, album.recipe(), Album.open(bare).rest(), read_container(bare).rest) == (None,) * 4
    overview = read_header(data)
    assert (overview.rest_bytes, overview.source_bytes) == (len(data) - len(bare), 0)
    assert all(report.intact for report in scan_container(data))
    flipped = data[:-70] + bytes([data[-70] ^ 1]) + data[-69:]
    assert read_remains(flipped).rest is None
    with pytest.raises(CorruptError):
        Album.open(flipped).prove()


def test_rest_goes_with_the_residual_unless_it_is_asked_for(picture: Picture, base: Layer) -> None:
    data = write_container([picture], rest=REST)
    for keep, expected in ((False, None), (True, REST)):
        extracted = read_container(drop_residual(data, keep_rest=keep))
        assert (extracted.rest, extracted.pictures[0].base) == (expected, base)
    kept = drop_residual(data, keep_rest=True)
    assert drop_residual(kept, keep_rest=True) == kept
    assert drop_residual(kept) == drop_residual(data)


def test_a_file_has_a_recipe_or_a_rest(picture: Picture, source: Source) -> None:
    with pytest.raises(ContainerError, match="not both"):
        write_container([picture], source, rest=REST)
    with pytest.raises(ContainerError, match="needs a picture"):
        write_container([], rest=REST)

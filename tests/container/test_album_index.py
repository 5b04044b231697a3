"""The album index: bytes, places, limits."""

import pytest
from hybridcodec_container import CorruptError, LimitExceededError, layout
from hybridcodec_container.index import AlbumEntry, pack_index, unpack_index

ENTRIES = (AlbumEntry(100, 10, b"a" * 16), AlbumEntry(200, 0, b"b" * 16), AlbumEntry(300, 30, b"c" * 16))
LITERAL = (
    "03000000"
    "6400000000000000 0a00000000000000" + "61" * 16 + "c800000000000000 0000000000000000" + "62" * 16
    + "2c01000000000000 1e00000000000000" + "63" * 16
)  # fmt: skip


def test_index_is_these_bytes() -> None:
    assert pack_index(ENTRIES) == bytes.fromhex(LITERAL)
    assert unpack_index(bytes.fromhex(LITERAL), 1000).entries == ENTRIES


def test_places_are_sums_of_lengths() -> None:
    index = unpack_index(bytes.fromhex(LITERAL), 1000)
    assert [index.front(number) for number in range(3)] == [(1000, 1100), (1100, 1300), (1300, 1600)]
    assert [index.back(number) for number in range(3)] == [(1600, 1610), (1610, 1610), (1610, 1640)]
    assert index.end == 1640
    places = (999, 1000, 1100, 1599, 1600, 1609, 1610, 1639, 1640)
    assert [index.at(place) for place in places] == [None, 0, 1, 2, 0, 0, 2, 2, None]


def test_one_picture_has_no_index() -> None:
    with pytest.raises(CorruptError, match="alone"):
        unpack_index(pack_index(ENTRIES[:1]), 0)


@pytest.mark.parametrize("payload", [b"", b"\3\0\0", pack_index(ENTRIES)[:-1], pack_index(ENTRIES) + b"\0"])
def test_index_of_another_size_is_corrupt(payload: bytes) -> None:
    with pytest.raises(CorruptError, match="bytes"):
        unpack_index(payload, 0)


def test_too_many_pictures_are_refused_before_anything_is_made_of_them() -> None:
    with pytest.raises(LimitExceededError, match="pictures"):
        unpack_index((layout.MAX_PICTURES + 1).to_bytes(4, "little"), 0)

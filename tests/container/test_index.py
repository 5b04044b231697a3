"""The tile index: bytes, places, disagreement."""

import pytest
from hybridcodec_container import ContainerError, CorruptError, Header, Kind
from hybridcodec_container.index import index_size, pack_index, unpack_index

LITERAL = (
    "6400000000000000 f900000000000000 00000000 01000000 00000000 02000000 01000000 01000000"
    "07000000 09000000"
)  # fmt: skip
LENGTHS = ([0, 1, 0, 2, 1, 1], [7, 9])


def test_index_is_these_bytes(header: Header) -> None:
    assert pack_index(100, *LENGTHS) == bytes.fromhex(LITERAL)
    assert index_size(header) == len(bytes.fromhex(LITERAL))


def test_index_locates_each_tile(header: Header) -> None:
    index = unpack_index(bytes.fromhex(LITERAL), header)
    assert [chunk.offset for chunk in index.base] == [100, 124, 149, 173, 199, 224]
    assert [chunk.offset for chunk in index.residual] == [249, 280]
    assert index.locate(Kind.RESIDUAL, 1).length == 9


@pytest.mark.parametrize("number", [-1, 2])
def test_tile_that_is_not_there_is_an_error(header: Header, number: int) -> None:
    with pytest.raises(ContainerError, match="no residual tile"):
        unpack_index(bytes.fromhex(LITERAL), header).locate(Kind.RESIDUAL, number)


def test_index_of_another_size_is_corrupt(header: Header) -> None:
    with pytest.raises(CorruptError, match="48 bytes"):
        unpack_index(bytes.fromhex(LITERAL)[:-1], header)


def test_picture_without_residual_has_no_residual_offset() -> None:
    assert pack_index(100, [5], [])[8:16] == bytes(8)

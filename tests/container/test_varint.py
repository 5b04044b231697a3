"""Lengths of the tile table."""

import pytest
from hybridcodec_container import ContainerError, CorruptError, LimitExceededError
from hybridcodec_container.varint import pack_length, unpack_length
from hypothesis import given, settings
from hypothesis import strategies as st


@pytest.mark.parametrize(
    ("length", "packed"),
    [
        (0, "00"),
        (127, "7f"),
        (128, "8001"),
        (300, "ac02"),
        (16383, "ff7f"),
        (1 << 21, "80808001"),
        (1 << 30, "8080808004"),
    ],
)
def test_length_is_these_bytes(length: int, packed: str) -> None:
    assert pack_length(length).hex() == packed
    assert unpack_length(b"?" + bytes.fromhex(packed) + b"?", 1) == (length, 1 + len(packed) // 2)


@settings(derandomize=True, deadline=None)
@given(st.integers(0, 1 << 30))
def test_length_comes_back(length: int) -> None:
    packed = pack_length(length)
    assert len(packed) <= 5
    assert unpack_length(packed, 0) == (length, len(packed))


@pytest.mark.parametrize(
    ("error", "packed"),
    [
        (CorruptError, ""),
        (CorruptError, "80"),
        (CorruptError, "8000"),
        (CorruptError, "ff00"),
        (CorruptError, "808080808001"),
        (CorruptError, "8080808000"),
        (LimitExceededError, "8180808004"),
        (LimitExceededError, "ffffffff7f"),
    ],
)
def test_other_forms_are_refused(error: type[ContainerError], packed: str) -> None:
    with pytest.raises(error):
        unpack_length(bytes.fromhex(packed), 0)

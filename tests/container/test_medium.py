"""Bytes in memory and behind streams."""

import io

import pytest
from hybridcodec_container import TruncatedError
from hybridcodec_container.medium import Medium


class Drip(io.BytesIO):
    """A stream that gives less than it is asked for, as raw ones may."""

    def read(self, size: int | None = -1, /) -> bytes:
        return super().read(min(size or 0, 3))


@pytest.mark.parametrize("make", [bytes, io.BytesIO, Drip])
def test_bytes_are_read_from_anywhere(make: type) -> None:
    medium = Medium(make(b"0123456789"))
    assert medium.size == 10
    assert [medium.read(*span) for span in ((0, 10), (7, 9), (2, 4), (10, 1), (3, 0))] == [
        b"0123456789", b"789", b"2345", b"", b""
    ]  # fmt: skip
    assert medium.exactly(8, 2) == b"89"
    with pytest.raises(TruncatedError, match="ends at byte 10"):
        medium.exactly(8, 3)

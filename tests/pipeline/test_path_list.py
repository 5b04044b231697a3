"""Lists of paths as other programs write them."""

import io
import os

import pytest

from hybridcodec.errors import InputError
from hybridcodec.pipeline.path_list import read_paths

NAMES = ["in/a.png", "in/b with space .png", "in/ü-図.png", "last.png"]


class Drops(io.BytesIO):
    """Gives a few bytes at a time, as a slow pipe does."""

    def read1(self, size: int | None = -1, /) -> bytes:  # noqa: ARG002
        return super().read1(3)


def paths(data: bytes, *, null: bool = False) -> list[str]:
    assert list(read_paths(Drops(data), null=null)) == list(read_paths(io.BytesIO(data), null=null))
    return list(read_paths(io.BytesIO(data), null=null))


@pytest.mark.parametrize("end", ["\n", "\r\n", "\n\n\r\n"])
@pytest.mark.parametrize("last", ["", "\n"])
@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16", "utf-32"])
def test_lines_of_every_kind_give_the_same_paths(encoding: str, end: str, last: str) -> None:
    assert paths((end.join(NAMES) + last).encode(encoding)) == NAMES


@pytest.mark.parametrize("mark", [b"\xff\xfe", b"\xfe\xff"])
def test_both_byte_orders_are_read(mark: bytes) -> None:
    assert paths(mark + "\n".join(NAMES).encode("utf-16-le" if mark[0] == 0xFF else "utf-16-be")) == NAMES


@pytest.mark.parametrize("encoding", ["utf-8", "utf-16"])
def test_names_ended_by_zero_bytes_may_hold_line_ends(encoding: str) -> None:
    odd = ["a\nb.png", "c\r", *NAMES]
    assert paths(("\0".join(odd) + "\0").encode(encoding), null=True) == odd


def test_names_that_are_no_unicode_stay_what_they_are() -> None:
    assert [os.fsencode(path) for path in paths(b"\xff\xfd.png\n\xe4.png\n")] == [b"\xff\xfd.png", b"\xe4.png"]


def test_what_is_no_text_in_the_announced_encoding_costs_one_name() -> None:
    data = (
        b"\xff\xfe" + "a.png\n".encode("utf-16-le") + b"\x00\xd8x\x00\n\x00" + "b.png\n".encode("utf-16-le") + b"\x00"
    )
    found = paths(data)
    assert (found[0], found[2], len(found)) == ("a.png", "b.png", 4)
    for name in found:
        os.fsencode(name)


@pytest.mark.parametrize("data", [b"", b"\n", b"\r\n\n", b"\xef\xbb\xbf", b"\xff\xfe", b"\xef"])
def test_list_of_nothing_names_nothing(data: bytes) -> None:
    assert paths(data) in ([], ["\udcef"])


def test_list_that_cannot_be_read_is_our_error() -> None:
    class Broken(io.BytesIO):
        def read1(self, size: int | None = -1, /) -> bytes:  # noqa: ARG002
            raise OSError(5, "Input/output error")

    with pytest.raises(InputError, match="Input/output error"):
        list(read_paths(Broken()))

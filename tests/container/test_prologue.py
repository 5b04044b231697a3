"""Signature and version, and what transfers in text mode do to them."""

import pytest
from hybridcodec_container import CorruptError, TruncatedError, UnsupportedContainerError, read_container
from hybridcodec_container.prologue import pack_prologue, read_prologue


def test_prologue_is_these_bytes() -> None:
    assert pack_prologue() == bytes.fromhex("89 48 59 43 0d 0a 1a 0a 02 00 00 00 bc 42 af 35")


TRANSFERS = {
    "cr lf to lf": (lambda data: data.replace(b"\r\n", b"\n"), "CR LF to LF"),
    "lf to cr lf": (lambda data: data.replace(b"\n", b"\r\n"), "LF to CR LF"),
    "lone lf to cr lf": (lambda data: data.replace(b"\r\n", b"\n").replace(b"\n", b"\r\n"), "LF to CR LF"),
    "lf to cr": (lambda data: data.replace(b"\n", b"\r"), "LF to CR"),
    "cr lf to cr": (lambda data: data.replace(b"\r\n", b"\r"), "to CR"),
    "seven bits": (lambda data: bytes(byte & 0x7F for byte in data), "high bits"),
    "utf-8": (lambda data: data.decode("latin-1").encode(), "UTF-8"),
    "replaced": (lambda data: data.decode("utf-8", "replace").encode(), "replacement"),
    "byte order mark": (lambda data: b"\xef\xbb\xbf" + data, "byte order mark"),
    "end of text": (lambda data: data[: data.index(b"\x1a")], "\\^Z"),
}


@pytest.mark.parametrize("name", TRANSFERS)
def test_text_mode_transfer_is_explained(data: bytes, name: str) -> None:
    transfer, explanation = TRANSFERS[name]
    damaged = transfer(data)
    if name == "lone lf to cr lf":
        damaged = data[:4] + b"\r\n\x1a\r\n" + damaged[8:]
    with pytest.raises(CorruptError, match=explanation):
        read_container(damaged)


def test_other_files_are_named_as_such() -> None:
    with pytest.raises(CorruptError, match=r"not a \.hyc file: it starts with 89 50 4e 47"):
        read_container(b"\x89PNG\r\n\x1a\n and so on")


@pytest.mark.parametrize("length", range(16))
def test_start_of_a_prologue_is_a_cut_file(length: int) -> None:
    with pytest.raises(TruncatedError):
        read_prologue(pack_prologue()[:length])


def test_other_major_version_is_unsupported_and_other_minor_version_is_read() -> None:
    with pytest.raises(UnsupportedContainerError, match=r"version 1\.3"):
        read_prologue(pack_prologue(1, 3))
    assert read_prologue(pack_prologue(2, 9)) == (2, 9)


@pytest.mark.parametrize("byte", range(8, 16))
def test_damaged_version_is_corrupt_not_unsupported(byte: int) -> None:
    damaged = bytearray(pack_prologue())
    damaged[byte] ^= 1
    with pytest.raises(CorruptError):
        read_prologue(bytes(damaged))

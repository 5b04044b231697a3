"""NumPy's files: what `np.save` writes of samples is read, by a reader that unpickles nothing."""

import io
import struct

import numpy as np
import pytest

from hybridcodec.errors import HybridcodecError, InputError, UnsupportedError
from hybridcodec.limits import memory_as_limit
from hybridcodec.sources import read_document

SAMPLES = np.random.default_rng(71).integers(0, 1 << 16, (5, 7, 4)).astype(np.uint16)


def saved(array: np.ndarray, version: tuple[int, int] = (1, 0)) -> bytes:
    target = io.BytesIO()
    np.lib.format.write_array(target, array, version)
    return target.getvalue()


@pytest.mark.parametrize("dtype", ["?", "|u1", "|i1", "<u2", ">u2", "<i2", ">i2"])
@pytest.mark.parametrize("channels", [0, 1, 2, 3, 4])
@pytest.mark.parametrize("order", ["C", "F"])
def test_samples_of_every_type_and_order_are_read(dtype: str, channels: int, order: str) -> None:
    array = np.array(SAMPLES[..., :channels] if channels else SAMPLES[..., 0]).astype(dtype, order=order)
    document = read_document(saved(array))
    (picture,) = document.pictures
    assert np.array_equal(picture.samples, array.reshape(5, 7, -1))
    assert document.left_out == ()
    fortran = order == "F" and not array.flags.c_contiguous
    assert len(document.streams) == (0 if fortran else 1)


@pytest.mark.parametrize("version", [(1, 0), (2, 0), (3, 0)])
def test_every_version_of_the_header_is_read(version: tuple[int, int]) -> None:
    (picture,) = read_document(saved(SAMPLES, version)).pictures
    assert np.array_equal(picture.samples, SAMPLES)


def with_header(header: str) -> bytes:
    return b"\x93NUMPY\1\0" + struct.pack("<H", len(header)) + header.encode() + bytes(200)


@pytest.mark.parametrize(
    "header",
    [
        "", "{", "[" * 300, "{'descr': '|u1'}", "{'descr': '|u1', 'fortran_order': 0, 'shape': (2, 2)}",
        "{'descr': '|u1', 'fortran_order': False, 'shape': (2, -2)}",
        "{'descr': 3, 'fortran_order': False, 'shape': ()}",
        "{'descr': '\\8', 'fortran_order': False, 'shape': (2, 2)}", "__import__('os')",
        "{'descr': '|u1', 'fortran_order': False, 'shape': (2, 2), 'more': 1}",
    ],
)  # fmt: skip
def test_header_that_says_something_else_is_an_input_error(header: str) -> None:
    with pytest.raises(InputError, match="header of the NPY"):
        read_document(with_header(header))


def test_header_that_the_parser_has_no_room_for_does_not_say_that_memory_ended() -> None:
    with pytest.raises(InputError, match="header of the NPY"), memory_as_limit():
        read_document(with_header("-" * 50_000 + "1"))


@pytest.mark.parametrize("dtype", ["O", "<f4", "<c8", "<u4", "S3", "<U3", "<M8[s]"])
def test_other_types_are_refused_by_name_and_nothing_is_unpickled(dtype: str) -> None:
    with pytest.raises(UnsupportedError, match="NPY of "):
        read_document(with_header(f"{{'descr': '{dtype}', 'fortran_order': False, 'shape': (2, 2)}}"))


def test_cut_and_damaged_files_are_read_or_refused() -> None:
    data = saved(SAMPLES)
    rng = np.random.default_rng(72)
    for at in rng.integers(0, 130, 200).tolist():
        for broken in (data[:at], data[:at] + bytes([int(rng.integers(256))]) + data[at + 1 :]):
            try:
                assert read_document(broken).pictures[0].samples.size
            except HybridcodecError:
                continue
    with pytest.raises(InputError, match="truncated"):
        read_document(data[:-1])
    assert read_document(data + b"more").left_out == ("4 bytes behind the end of the samples",)

"""Samples in the bytes of a source file: both directions, against the reference that was written from FORMAT.md."""

from typing import Any

import numpy as np
import pytest
import reference_source
from hybridcodec_container import (
    GRAY,
    RGB,
    ContainerError,
    ContainerMode,
    Header,
    Layers,
    Packing,
    Role,
    SampleFormat,
    Serial,
    UnsupportedContainerError,
    deserialise,
    serialise,
)
from hypothesis import given, settings
from hypothesis import strategies as st

ROLES = [GRAY, (*GRAY, Role.ALPHA), RGB, (*RGB, Role.ALPHA)]


def header_of(width: int, height: int, roles: tuple[Role, ...], bit_depth: int, signed: bool = False) -> Header:
    return Header(
        width=width,
        height=height,
        roles=roles,
        bit_depth=bit_depth,
        sample_format=SampleFormat(signed),
        mode=ContainerMode.LOSSLESS,
        layers=Layers.RESIDUAL,
        source_hash=b"s" * 32,
    )


@st.composite
def plans(draw: st.DrawFn) -> tuple[Header, Serial, np.ndarray]:
    """Return a header, any layout of its samples, and samples."""
    signed, bit_depth = draw(st.booleans()), draw(st.integers(1, 16))
    header = header_of(
        draw(st.integers(1, 9)), draw(st.integers(1, 5)), draw(st.sampled_from(ROLES)), bit_depth, signed
    )
    packing, first = draw(st.sampled_from(Packing)), draw(st.integers(0, header.height - 1))
    sizes = [size for size in (1, 2, 4) if 8 * size >= bit_depth] if packing is Packing.BYTES else [0]
    serial = Serial(
        packing=packing,
        sample_bytes=draw(st.sampled_from(sizes)),
        big_endian=draw(st.booleans()),
        planar=draw(st.booleans()),
        bottom_up=draw(st.booleans()),
        invert=draw(st.booleans()) and not signed,
        row_step=draw(st.integers(0, 5)),
        order=tuple(draw(st.permutations(range(header.channels)))),
        first_row=first,
        rows=draw(st.integers(1, header.height - first)),
    )
    low = -(1 << bit_depth - 1) if signed else 0
    random = np.random.default_rng(draw(st.integers(0, 1 << 30)))
    shape = (header.height, header.width, header.channels)
    return header, serial, random.integers(low, low + (1 << bit_depth), shape)


@settings(derandomize=True, deadline=None, max_examples=200)
@given(plans())
def test_samples_come_back_and_lie_as_the_document_says(plan: tuple[Header, Serial, np.ndarray]) -> None:
    header, serial, samples = plan
    data = serialise(samples, serial, header)
    assert len(data) == serial.size(header)
    rows = samples[serial.first_row : serial.first_row + serial.rows]
    np.testing.assert_array_equal(deserialise(data, serial, header), rows)
    assert Serial.unpack(serial.pack()) == serial
    facts = {"width": header.width, "height": header.height, "bit_depth": header.bit_depth}
    assert reference_source.lay_out(samples, facts, serial.pack()) == data
    assert b"".join(serialise(samples, block, header) for block in serial.blocks()) == data


def test_blocks_of_a_tall_picture_have_its_bytes() -> None:
    header = header_of(3, 700, GRAY, 8)
    samples = np.arange(2100).reshape(700, 3) % 256
    for serial in (
        Serial(order=(0,), rows=600, first_row=50),
        Serial(order=(0,), rows=600, bottom_up=True, row_step=4),
    ):
        blocks = list(serial.blocks())
        assert [block.rows for block in blocks] == ([256, 256, 88] if not serial.bottom_up else [88, 256, 256])
        whole = b"".join(serialise(samples, block, header) for block in blocks)
        assert whole == serialise(samples, serial, header)


def test_parameters_are_these_bytes() -> None:
    serial = Serial(sample_bytes=2, big_endian=True, bottom_up=True, row_step=4, order=(2, 1, 0), first_row=5, rows=9)
    assert serial.pack() == bytes.fromhex("00 02 01 00 01 00 0400 020100ff 05000000 09000000")


@pytest.mark.parametrize(
    "parameters",
    [
        "03 00 00 00 00 00 0100 00ffffff 00000000 01000000",
        "00 03 00 00 00 00 0100 00ffffff 00000000 01000000",
        "01 01 00 00 00 00 0100 00ffffff 00000000 01000000",
        "00 01 02 00 00 00 0100 00ffffff 00000000 01000000",
        "00 01 00 00 00 02 0100 00ffffff 00000000 01000000",
        "00 01 00 00 00 00 0100 ffffffff 00000000 01000000",
        "00 01 00 00 00 00 0100 0000ffff 00000000 01000000",
        "00 01 00 00 00 00 0100 00ff01ff 00000000 01000000",
        "00 01 00 00 00 00 0100 01ffffff 00000000 01000000",
    ],
)
def test_parameters_of_later_versions_are_unsupported(parameters: str) -> None:
    with pytest.raises(UnsupportedContainerError):
        Serial.unpack(bytes.fromhex(parameters))


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"order": (0, 1)}, "2 channels of a picture with 1"),
        ({"rows": 0}, "rows 0 [+] 0"),
        ({"rows": 3}, "rows 0 [+] 3 of a picture with 2"),
        ({"first_row": 1, "rows": 2}, "rows 1 [+] 2"),
        ({"sample_bytes": 1}, "do not fit 1 bytes"),
        ({"invert": True}, "cannot be inverted"),
    ],
)
def test_layouts_that_do_not_fit_the_picture_are_refused(changes: dict[str, Any], message: str) -> None:
    header = header_of(4, 2, GRAY, 9, signed=True)
    plain: dict[str, Any] = {"sample_bytes": 2, "order": (0,), "rows": 2}
    with pytest.raises(ContainerError, match=message):
        serialise(np.zeros((2, 4), int), Serial(**plain | changes), header)


def test_foreign_samples_and_bytes_are_refused() -> None:
    header, serial = header_of(4, 2, GRAY, 8), Serial(order=(0,), rows=2)
    with pytest.raises(ContainerError, match="shape"):
        serialise(np.zeros((4, 2), int), serial, header)
    with pytest.raises(ContainerError, match="8 bytes, found 7"):
        deserialise(bytes(7), serial, header)

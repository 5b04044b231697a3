"""Header: bytes, contradictions, limits."""

from dataclasses import replace

import pytest
from hybridcodec_container import (
    NO_HASH,
    ContainerError,
    ContainerMode,
    CorruptError,
    Header,
    HeaderFlag,
    LimitExceededError,
    UnsupportedContainerError,
)
from hybridcodec_container.header import pack_header, unpack_header
from hybridcodec_container.layout import HEAD

LITERAL = (
    "82000000 46000000 03 08 00 00 0000 0000 40000000 40000000 64000000 64000000"
    + "6d" * 32 + "72" * 32 + "62" * 32 + "73" * 32 + "73" * 32
)  # fmt: skip


def patched(header: Header, **values: int | bytes) -> bytes:
    """Return a HEAD payload with fields that need not make sense."""
    fields = [name for name, _ in HEAD.fields]
    named = dict(zip(fields, HEAD.unpack(pack_header(header)), strict=True)) | values
    return HEAD.pack(*(named[name] for name in fields))


def test_header_is_these_bytes(header: Header) -> None:
    assert pack_header(header) == bytes.fromhex(LITERAL)
    assert unpack_header(bytes.fromhex(LITERAL)) == header


def test_tile_grids_follow_from_the_header(header: Header) -> None:
    assert (header.base_tiles.across, header.base_tiles.down, header.base_tiles.count) == (3, 2, 6)
    assert header.residual_tiles.count == 2


@pytest.mark.parametrize(
    ("error", "values"),
    [
        (LimitExceededError, {"width": 2**20 + 1}),
        (LimitExceededError, {"width": 2**32 - 1, "height": 2**32 - 1}),
        (LimitExceededError, {"width": 2**20, "height": 2**20}),
        (LimitExceededError, {"channels": 5}),
        (LimitExceededError, {"bit_depth": 17}),
        (LimitExceededError, {"base_tile_width": 2**20}),
        (LimitExceededError, {"residual_tile_width": 2**31, "residual_tile_height": 2**31}),
        (LimitExceededError, {"width": 1024, "height": 1024, "residual_tile_width": 1, "residual_tile_height": 1}),
        (CorruptError, {"width": 0}),
        (CorruptError, {"height": 0}),
        (CorruptError, {"channels": 0}),
        (CorruptError, {"bit_depth": 0}),
        (CorruptError, {"base_tile_width": 0}),
        (CorruptError, {"base_tile_height": 65}),
        (CorruptError, {"residual_tile_height": 0}),
        (CorruptError, {"residual_model": NO_HASH}),
        (CorruptError, {"sample_hash": NO_HASH}),
        (CorruptError, {"source_hash": b"t" * 32}),
        (CorruptError, {"base_hash": NO_HASH}),
        (CorruptError, {"max_error": 1}),
        (CorruptError, {"mode": 1, "max_error": 0}),
        (CorruptError, {"mode": 1, "max_error": 256}),
        (CorruptError, {"mode": 2}),
        (CorruptError, {"flags": 1 << 8}),
        (CorruptError, {"flags": 1 << 9}),
        (UnsupportedContainerError, {"mode": 3}),
        (UnsupportedContainerError, {"sample_format": 1}),
        *[(UnsupportedContainerError, {"flags": 1 << bit}) for bit in range(8)],
    ],
)
def test_bad_fields_are_refused(header: Header, error: type[ContainerError], values: dict[str, int]) -> None:
    with pytest.raises(error) as caught:
        unpack_header(patched(header, **values))
    assert type(caught.value) is error


@pytest.mark.parametrize("length", [0, 191, 193])
def test_header_of_another_length_is_corrupt(header: Header, length: int) -> None:
    with pytest.raises(CorruptError, match="192 bytes"):
        unpack_header((pack_header(header) + b"\0")[:length])


@pytest.mark.parametrize("bit", range(10, 16))
def test_unknown_informative_flags_are_kept(header: Header, bit: int) -> None:
    read = unpack_header(patched(header, flags=1 << bit))
    assert read.flags == 1 << bit
    assert unpack_header(pack_header(read)) == read


def test_a_caller_who_contradicts_himself_is_not_told_of_a_corrupt_file(header: Header) -> None:
    with pytest.raises(ContainerError, match="multiples of 64") as caught:
        replace(header, base_tile_width=100)
    assert type(caught.value) is ContainerError
    with pytest.raises(ContainerError, match="32 bytes"):
        replace(header, base_model=b"short")


def test_loss_can_be_accepted_in_both_lossy_modes(header: Header) -> None:
    near = replace(header, mode=ContainerMode.NEAR_LOSSLESS, max_error=255, flags=HeaderFlag.LOSS_ACCEPTED)
    assert unpack_header(pack_header(near)) == near

"""Header: bytes, contradictions, limits."""

from dataclasses import replace
from typing import Any

import pytest
from hybridcodec_container import (
    GRAY,
    INDEXED,
    NO_HASH,
    RGB,
    ContainerError,
    ContainerMode,
    CorruptError,
    Header,
    HeaderFlag,
    Layers,
    LimitExceededError,
    Role,
    UnsupportedContainerError,
    base_channels,
)
from hybridcodec_container.header import check_follows, pack_header, unpack_header
from hybridcodec_container.layout import HEAD, REFERENCE

LITERAL = "82000000 46000000 02030400 08 00 00 05 0000 0000 00 00" + "73" * 32 + "00" * 8
GROUPED = "82000000 46000000 02030400 08 00 00 05 0000 0000 02 00" + "73" * 32 + "00" * 8 + "72" * 32


def patched(header: Header, **values: int | bytes) -> bytes:
    """Return a HEAD payload with fields that need not make sense."""
    fields = HEAD.named(pack_header(header)) | values
    return HEAD.pack(*(fields[name] for name, _ in HEAD.fields))


def test_header_is_these_bytes(header: Header) -> None:
    assert pack_header(header) == bytes.fromhex(LITERAL)
    assert unpack_header(bytes.fromhex(LITERAL)) == header
    grouped = replace(header, group_position=2, reference_hash=b"r" * 32)
    assert pack_header(grouped) == bytes.fromhex(GROUPED)
    assert unpack_header(bytes.fromhex(GROUPED)) == grouped


@pytest.mark.parametrize(
    ("error", "values"),
    [
        (LimitExceededError, {"width": 2**20 + 1}),
        (LimitExceededError, {"width": 2**32 - 1, "height": 2**32 - 1}),
        (LimitExceededError, {"width": 2**20, "height": 2**20}),
        (LimitExceededError, {"bit_depth": 17}),
        (CorruptError, {"width": 0}),
        (CorruptError, {"height": 0}),
        (CorruptError, {"bit_depth": 0}),
        (CorruptError, {"roles": bytes(4)}),
        (CorruptError, {"roles": b"\x02\x03\0\x04"}),
        (CorruptError, {"roles": b"\0\x01\0\0"}),
        (UnsupportedContainerError, {"roles": b"\x09\0\0\0"}),
        (UnsupportedContainerError, {"roles": b"\x03\x02\x04\0"}),
        (UnsupportedContainerError, {"roles": b"\x01\x01\0\0"}),
        (UnsupportedContainerError, {"roles": b"\x05\0\0\0"}),
        (UnsupportedContainerError, {"roles": b"\x05\x01\0\0"}),
        (UnsupportedContainerError, {"roles": b"\x01\x05\x06\0"}),
        (UnsupportedContainerError, {"roles": b"\x02\x03\x04\x08"}),
        (CorruptError, {"roles": b"\x08\0\0\0"}),
        (CorruptError, {"roles": b"\x07\0\0\0", "mode": 1, "max_error": 1}),
        (CorruptError, {"roles": b"\x07\0\0\0", "sample_format": 1}),
        (CorruptError, {"source_hash": NO_HASH}),
        (CorruptError, {"max_error": 1}),
        (CorruptError, {"mode": 1, "max_error": 0}),
        (CorruptError, {"mode": 1, "max_error": 256}),
        (CorruptError, {"mode": 2}),
        (CorruptError, {"mode": 0, "layers": 1}),
        (CorruptError, {"mode": 1, "layers": 1, "max_error": 1}),
        (CorruptError, {"mode": 2, "layers": 0}),
        (CorruptError, {"mode": 3, "layers": 4}),
        (CorruptError, {"mode": 3, "bit_depth": 7}),
        (CorruptError, {"mode": 3, "bit_depth": 9}),
        (CorruptError, {"mode": 3, "sample_format": 1}),
        (CorruptError, {"mode": 3, "roles": b"\x07\0\0\0"}),
        (CorruptError, {"mode": 3, "roles": b"\x01\x05\0\0"}),
        (CorruptError, {"mode": 3, "max_error": 1}),
        (CorruptError, {"layers": 6}),
        (CorruptError, {"flags": 1 << 8}),
        (CorruptError, {"flags": 1 << 9}),
        (CorruptError, {"reserved": 1}),
        (CorruptError, {"group_position": 1}),
        (UnsupportedContainerError, {"mode": 4}),
        (UnsupportedContainerError, {"layers": 13}),
        (UnsupportedContainerError, {"sample_format": 2}),
        *[(UnsupportedContainerError, {"flags": 1 << bit}) for bit in range(8)],
    ],
)
def test_bad_fields_are_refused(header: Header, error: type[ContainerError], values: dict[str, Any]) -> None:
    with pytest.raises(error) as caught:
        unpack_header(patched(header, **values))
    assert type(caught.value) is error


@pytest.mark.parametrize("length", [0, 61, 63, 94])
def test_header_of_another_length_is_corrupt(header: Header, length: int) -> None:
    with pytest.raises(CorruptError, match="62 bytes"):
        unpack_header((pack_header(header) + bytes(40))[:length])


@pytest.mark.parametrize(
    ("error", "position", "reference"), [(LimitExceededError, 8, b"r" * 32), (CorruptError, 7, NO_HASH)]
)
def test_place_in_a_group_is_limited_and_needs_a_reference(
    header: Header, error: type[ContainerError], position: int, reference: bytes
) -> None:
    with pytest.raises(error):
        unpack_header(patched(header, group_position=position) + REFERENCE.pack(reference))


def test_extract_is_in_no_group(header: Header) -> None:
    with pytest.raises(ContainerError, match="residual layer"):
        replace(header, mode=ContainerMode.PERCEPTUAL, layers=Layers.BASE, group_position=1, reference_hash=b"r" * 32)


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"group_position": 1}, "position 2 is not its reference"),
        ({"width": 131}, "lie alike"),
        ({"bit_depth": 7}, "lie alike"),
        ({"roles": GRAY}, "lie alike"),
    ],
)
def test_reference_must_stand_before_and_lie_alike(header: Header, changes: dict[str, Any], message: str) -> None:
    position = 2 if "group_position" in changes else 1
    after = replace(header, group_position=position, reference_hash=b"r" * 32)
    before = replace(header, group_position=position - 1, reference_hash=b"r" * 32 if position > 1 else NO_HASH)
    check_follows(after, before)
    wrong = {"group_position": 0, "reference_hash": NO_HASH} if "group_position" in changes else changes
    for other in (replace(before, **wrong), None):
        with pytest.raises(ContainerError, match=message if other else "not its reference"):
            check_follows(after, other)


@pytest.mark.parametrize("bit", range(10, 16))
def test_unknown_informative_flags_are_kept(header: Header, bit: int) -> None:
    read = unpack_header(patched(header, flags=1 << bit))
    assert read.flags == 1 << bit
    assert unpack_header(pack_header(read)) == read


def test_a_caller_who_contradicts_himself_is_not_told_of_a_corrupt_file(header: Header) -> None:
    with pytest.raises(ContainerError, match="do not fit mode PERCEPTUAL") as caught:
        replace(header, mode=ContainerMode.PERCEPTUAL)
    assert type(caught.value) is ContainerError
    with pytest.raises(ContainerError, match="32 bytes"):
        replace(header, source_hash=b"short")
    with pytest.raises(ContainerError, match="8 bytes"):
        replace(header, parts_hash=b"short")
    with pytest.raises(ContainerError, match="stands alone"):
        replace(header, reference_hash=b"r" * 32)


def test_loss_can_be_accepted_in_all_lossy_modes(header: Header) -> None:
    for mode, error, layers in (
        (ContainerMode.NEAR_LOSSLESS, 255, Layers.RESIDUAL),
        (ContainerMode.PERCEPTUAL, 0, Layers.BASE | Layers.DISPLAY),
        (ContainerMode.GUARDED, 0, Layers.BASE | Layers.RESIDUAL),
    ):
        lossy = replace(header, mode=mode, max_error=error, layers=layers, flags=HeaderFlag.LOSS_ACCEPTED)
        assert unpack_header(pack_header(lossy)) == lossy


def test_base_picture_has_the_channels_of_the_document() -> None:
    assert [base_channels(roles) for roles in (GRAY, RGB, INDEXED, (*RGB, Role.ALPHA), (Role.OTHER,))] == [
        1,
        3,
        3,
        3,
        0,
    ]


def test_header_says_when_a_tone_map_is_needed(header: Header) -> None:
    deep = replace(header, bit_depth=9)
    others = (replace(deep, layers=Layers.RESIDUAL), replace(deep, roles=INDEXED))
    assert [found.needs_tone for found in (header, deep, *others)] == [False, True, False, False]

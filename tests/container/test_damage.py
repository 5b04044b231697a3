"""Whatever happens to a file, only this package's errors come out, and never a wrong answer."""

import io
from collections.abc import Callable
from contextlib import suppress
from random import Random
from typing import Any
from zlib import crc32

import pytest
import reference_container
from container_files import STRUCTURE, chunks_of, with_end
from hybridcodec_container import (
    Album,
    ContainerError,
    Kind,
    Layers,
    TruncatedError,
    drop_residual,
    read_container,
    read_cut,
    read_header,
    scan_container,
)
from hybridcodec_container.chunks import payload_of, seal_body
from hybridcodec_container.identity import identity_of
from hybridcodec_container.layout import NO_IDENTITY
from hybridcodec_container.prologue import pack_prologue
from hypothesis import given, settings
from hypothesis import strategies as st


def from_album(data: bytes) -> None:
    """Ask an album for everything that it may have."""
    album = Album.open(io.BytesIO(data))
    for number in range(min(len(album), 6)):
        for ask in (album.picture, album.header, lambda n: album.tile(n, Layers.RESIDUAL, 1)):
            with suppress(ContainerError):
                ask(number)
    for all_of in (album.recipe, lambda: list(album.literals()), album.prove):
        with suppress(ContainerError):
            all_of()


READERS: tuple[Callable[[bytes], Any], ...] = (read_container, read_cut, read_header, drop_residual, from_album)


def try_all(data: bytes) -> None:
    """Let every reader read: an answer or one of our errors."""
    for read in READERS:
        with suppress(ContainerError):
            read(data)
    scan_container(data)


@pytest.mark.parametrize("bit", range(8))
def test_every_flipped_bit_is_noticed_and_never_taken_for_a_cut(data: bytes, bit: int) -> None:
    for place in range(len(data)):
        damaged = bytearray(data)
        damaged[place] ^= 1 << bit
        for read in (read_container, read_cut, drop_residual):
            with pytest.raises(ContainerError) as caught:
                read(bytes(damaged))
            assert not isinstance(caught.value, TruncatedError)


def test_every_flipped_byte_of_an_album_is_noticed_and_never_taken_for_a_cut(album: bytes) -> None:
    for place in range(len(album)):
        damaged = bytearray(album)
        damaged[place] ^= 1 << place % 8
        read = read_cut if place % 3 else read_container
        with pytest.raises(ContainerError) as caught:
            read(bytes(damaged))
        assert not isinstance(caught.value, TruncatedError)


@pytest.mark.parametrize("value", [0x00, 0xFF])
def test_every_replaced_byte_gives_only_our_errors(data: bytes, value: int) -> None:
    for place in range(len(data)):
        try_all(data[:place] + bytes([value]) + data[place + 1 :])


def test_every_lost_or_doubled_byte_is_noticed(data: bytes) -> None:
    for place in range(len(data)):
        for damaged in (data[:place] + data[place + 1 :], data[:place] + data[place : place + 1] + data[place:]):
            with pytest.raises(ContainerError):
                read_container(damaged)


def test_every_cut_length_gives_only_our_errors(data: bytes) -> None:
    for length in range(len(data)):
        try_all(data[:length])


def damaged_copy(data: bytes, random: Random) -> bytes:
    """Return other bytes than `data`: flipped, lost, doubled, moved, overwritten or cut."""
    place, other = sorted(random.sample(range(len(data)), 2))
    length = random.choice((1, 2, 4, 24, 100))
    before, there, after = data[:place], data[place : place + length], data[place + length :]
    damaged = random.choice(
        (
            before + bytes([data[place] ^ 1 << random.randrange(8)]) + data[place + 1 :],
            before + after,
            before + there + there + after,
            before + data[other : other + length] + after,
            before + random.randbytes(length) + after,
            before,
            before + data[other:],
        )
    )
    return damaged if damaged != data else damaged_copy(data, random)


@pytest.mark.parametrize("part", range(6))
def test_3000_damaged_albums_and_files_of_many_layers_are_refused(album: bytes, part: int) -> None:
    names = ("display_tiles", "guarded", "palette", "signed", "source_of_samples", "album")
    files = [album, *((STRUCTURE / f"{name}.hyc").read_bytes() for name in names)]
    random = Random(part)  # noqa: S311 - not for secrets
    for number in range(500):
        damaged = damaged_copy(files[number % len(files)], random)
        with pytest.raises(ContainerError):
            read_container(damaged)
        if not number % 10:
            try_all(damaged)


@settings(derandomize=True, deadline=None, max_examples=200)
@given(st.binary(max_size=400), st.booleans())
def test_random_bytes_give_only_our_errors(junk: bytes, signed: bool) -> None:
    try_all(pack_prologue() + junk if signed else junk)


def accepts(read: Callable[[bytes], Any], refusal: tuple[type[Exception], ...], data: bytes) -> bool:
    """Tell whether a reader takes a file."""
    try:
        read(data)
    except refusal:
        return False
    return True


KINDS = [*(kind.value for kind in Kind), b"noTe", b"Note"]
Sequence = list[tuple[bytes, bytes, int]]


def sequence_of(data: bytes) -> Sequence:
    """Return kind, payload and index of the chunks of a file but the last."""
    return [(chunk.kind, payload_of(data[chunk.offset : chunk.end]), chunk.index) for chunk in chunks_of(data)[:-1]]


def framed(chunks: Sequence, owners: list[int]) -> bytes:
    """Return chunks with checksums that hold, and an end chunk that fits; `owners` say whose identity each has."""
    heads = [payload for kind, payload, _ in chunks if kind == Kind.HEAD]
    body = pack_prologue()
    for (kind, payload, index), owner in zip(chunks, owners, strict=True):
        mine = 0 <= owner < len(heads) and kind != Kind.HEAD
        checked = kind + index.to_bytes(4, "little") + len(payload).to_bytes(4, "little")  # over its limit or not
        whole = checked + crc32(checked).to_bytes(4, "little") + payload
        body += seal_body(whole, identity_of(heads[owner]) if mine else NO_IDENTITY)
    return with_end(body)


def owners_of(data: bytes) -> list[int]:
    return [report.picture for report in scan_container(data)[1:-1]]


def test_sequence_that_the_fuzzer_starts_from_is_a_file(album: bytes, data: bytes) -> None:
    for whole in (album, data):
        assert framed(sequence_of(whole), owners_of(whole)) == whole


@settings(derandomize=True, deadline=None, max_examples=400)
@given(st.data())
def test_forged_files_with_true_checksums_are_taken_as_the_document_says(
    album: bytes, data: bytes, draw: st.DataObject
) -> None:
    whole = draw.draw(st.sampled_from([album, data]))
    chunks, owners = sequence_of(whole), owners_of(whole)
    for _ in range(draw.draw(st.integers(1, 3))):
        place = draw.draw(st.integers(0, len(chunks) - 1))
        kind, payload, index = chunks[place]
        what = draw.draw(st.integers(0, 5))
        if what == 0:
            at, new = draw.draw(st.integers(0, len(payload))), draw.draw(st.binary(max_size=9))
            chunks[place] = (kind, payload[:at] + new + payload[at + len(new) :], index)
        elif what == 1:
            chunks[place] = (kind, draw.draw(st.binary(max_size=40)), index)
        elif what == 2 and len(chunks) > 1:
            del chunks[place], owners[place]
        elif what == 3:
            at = draw.draw(st.integers(0, len(chunks)))
            chunks.insert(at, (kind, payload, index))
            owners.insert(at, owners[place])
        elif what == 4:
            chunks[place] = (
                draw.draw(st.sampled_from(KINDS)),
                payload,
                index,
            )
        else:
            chunks[place] = (kind, payload, draw.draw(st.integers(0, 2**32 - 1)))
    forged = framed(chunks, owners)
    try_all(forged)
    ours = accepts(read_container, (ContainerError,), forged)
    refusal = (reference_container.RefusedError, reference_container.UnsupportedError)
    assert ours == accepts(reference_container.read, refusal, forged)

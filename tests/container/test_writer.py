"""Writing: determinism, round trips, dropping the residual."""

from dataclasses import replace
from typing import Any

import pytest
from hybridcodec_container import (
    NO_HASH,
    Container,
    ContainerError,
    ContainerMode,
    Header,
    HeaderFlag,
    Kind,
    LimitExceededError,
    Metadata,
    drop_residual,
    layout,
    read_container,
    read_cut,
    read_header,
    read_tile,
    scan_container,
    write_container,
)
from hybridcodec_container.header import pack_header
from hybridcodec_container.layout import HEAD
from hypothesis import given, settings
from hypothesis import strategies as st

HASHES = st.binary(min_size=32, max_size=32).filter(any)
PAYLOADS = st.binary(max_size=20)
EXTRA_KINDS = st.from_regex(rb"[a-z][A-Za-z][A-Za-z0-9_]{2}", fullmatch=True).filter(lambda kind: kind not in set(Kind))


@st.composite
def headers(draw: st.DrawFn) -> Header:
    """Return any header with few tiles."""
    mode = draw(st.sampled_from(ContainerMode))
    depth = draw(st.integers(1, 16))
    source = draw(HASHES)
    layers: dict[str, Any] = {"flags": HeaderFlag(draw(st.integers(0, 63)) << 10)}
    if mode is not ContainerMode.PERCEPTUAL:
        layers |= {"residual_tile_width": draw(st.integers(100, 4096)), "residual_model": draw(HASHES)}
        layers |= {"residual_tile_height": draw(st.integers(100, 4096)), "sample_hash": source}
    if mode is ContainerMode.NEAR_LOSSLESS:
        layers |= {"sample_hash": draw(HASHES), "max_error": draw(st.integers(1, (1 << depth) - 1))}
    return Header(
        width=draw(st.integers(1, 400)),
        height=draw(st.integers(1, 400)),
        channels=draw(st.integers(1, 4)),
        bit_depth=depth,
        mode=mode,
        base_tile_width=64 * draw(st.integers(2, 64)),
        base_tile_height=64 * draw(st.integers(2, 64)),
        base_model=draw(HASHES),
        base_hash=draw(HASHES),
        source_hash=source,
        **layers,
    )


@st.composite
def files(draw: st.DrawFn) -> dict[str, Any]:
    """Return arguments of `write_container`."""
    header = draw(headers())
    extra = draw(st.lists(st.tuples(EXTRA_KINDS, PAYLOADS), max_size=3))
    return {
        "header": header,
        "base_common": draw(PAYLOADS),
        "base": [draw(PAYLOADS) for _ in range(header.base_tiles.count)],
        "residual": [draw(PAYLOADS) for _ in range(header.residual_tiles.count)],
        "metadata": Metadata(icc=draw(PAYLOADS), exif=draw(PAYLOADS), xmp=draw(PAYLOADS), extra=tuple(extra)),
    }


@settings(derandomize=True, deadline=None, max_examples=60)
@given(files())
def test_what_was_written_is_read(parts: dict[str, Any]) -> None:
    data = write_container(**parts)
    found = read_container(data)
    assert found == Container(
        header=parts["header"],
        metadata=parts["metadata"],
        base_common=parts["base_common"],
        base=tuple(parts["base"]),
        residual=tuple(parts["residual"]),
        complete=True,
        version=(1, 0),
    )
    assert read_cut(data) == found
    assert data == write_container(**parts)
    header, summary = read_header(data)
    assert header == parts["header"]
    assert summary.complete
    parts_sum = summary.base_bytes + summary.residual_bytes + summary.metadata_bytes + summary.frame_bytes
    assert parts_sum == summary.file_bytes == len(data)
    assert all(report.intact for report in scan_container(data))
    assert [read_tile(data, Kind.BASE, number) for number in range(len(found.base))] == parts["base"]
    assert [read_tile(data, Kind.RESIDUAL, number) for number in range(len(found.residual))] == parts["residual"]


@settings(derandomize=True, deadline=None, max_examples=40)
@given(files())
def test_extract_keeps_base_metadata_and_source(parts: dict[str, Any]) -> None:
    data = write_container(**parts)
    extract = read_container(drop_residual(data))
    whole = read_container(data)
    assert (extract.base_common, extract.base, extract.residual) == (whole.base_common, whole.base, ())
    kept = tuple(pair for pair in parts["metadata"].extra if pair[0][1:2].islower())
    if whole.header.mode is ContainerMode.PERCEPTUAL:
        assert drop_residual(data) == data
        return
    assert extract.metadata == replace(parts["metadata"], extra=kept)
    assert extract.header == replace(
        whole.header,
        mode=ContainerMode.PERCEPTUAL,
        max_error=0,
        residual_tile_width=0,
        residual_tile_height=0,
        residual_model=NO_HASH,
        sample_hash=NO_HASH,
        flags=whole.header.flags | HeaderFlag.EXTRACTED,
    )


def test_extract_of_a_damaged_or_cut_file_is_refused(data: bytes) -> None:
    for bad in (data[:-1], data[:-20] + b"\0" + data[-19:], data + b"\0"):
        with pytest.raises(ContainerError):
            drop_residual(bad)


@pytest.mark.parametrize(("base", "residual"), [(5, 2), (7, 2), (6, 1), (6, 0)])
def test_wrong_number_of_tiles_is_refused(header: Header, base: int, residual: int) -> None:
    with pytest.raises(ContainerError, match="tiles needed"):
        write_container(header, base_common=b"", base=[b""] * base, residual=[b""] * residual)


@pytest.mark.parametrize("kind", [b"exif", b"HEAD", b"Abcd", b"abc", b"abcde", b"a\0cd", b""])
def test_extra_chunks_must_be_ancillary_and_not_ours(header: Header, kind: bytes) -> None:
    with pytest.raises(ContainerError, match="no kind for an extra chunk"):
        write_container(
            header,
            base_common=b"",
            base=[b""] * 6,
            residual=[b""] * 2,
            metadata=Metadata(extra=((kind, b""),)),
        )


def test_what_a_reader_would_refuse_is_not_written(header: Header) -> None:
    tiles = {"base": [b""] * 6, "residual": [b""] * 2}
    with pytest.raises(LimitExceededError):
        write_container(header, base_common=bytes(layout.MAX_BASE_COMMON_BYTES + 1), **tiles)
    with pytest.raises(LimitExceededError, match="256"):
        write_container(header, base_common=b"", metadata=Metadata(extra=((b"noTe", b""),) * 257), **tiles)


def test_header_that_the_writer_stores_is_the_payload_of_the_first_chunk(header: Header, data: bytes) -> None:
    assert data[32 : 32 + HEAD.size] == pack_header(header)

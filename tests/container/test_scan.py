"""Damage reports."""

from dataclasses import replace

import pytest
from container_files import chunks_of
from hybridcodec_container import Kind, Metadata, Picture, scan_container, write_container
from hybridcodec_container.chunks import pack_chunk
from hybridcodec_container.layout import CHUNK_HEADER
from hybridcodec_container.prologue import pack_prologue
from hybridcodec_container.scan import ChunkReport

FRONT = ["HEAD", "iccp", "xmp_", "noTe", "BLYR", *["BASE"] * 6]
BACK = ["RLYR", "RESI", "RESI"]


def covered(data: bytes) -> list[ChunkReport]:
    """Return the reports, after checking that they cover `data` without gap or overlap."""
    reports = scan_container(data)
    place = 0
    for report in reports:
        assert report.offset == place
        assert report.length > 0
        assert report.intact == (not report.reason)
        assert report.intact or report.picture == -1
        place += report.length
    assert place == len(data)
    return reports


def test_whole_file_is_intact(data: bytes) -> None:
    reports = covered(data)
    assert all(report.intact for report in reports)
    assert [report.kind for report in reports] == ["file", *FRONT, *BACK, "DONE"]
    assert [report.picture for report in reports] == [-1, *[0] * 14, -1]
    assert [report.payload(data) for report in reports if report.kind == "RESI"] == [b"residual 0", b"residual 1"]


def test_chunks_of_an_album_are_assigned_to_their_pictures(album: bytes) -> None:
    reports = covered(album)
    assert all(report.intact for report in reports)
    owners = [report.picture for report in reports]
    fronts = [*[0] * 11, *[1] * 4, *[2] * 2, *[3] * 8, *[4] * 5]
    assert owners == [-1, -1, *fronts, *[0] * 3, *[1] * 3, *[2] * 3, *[3] * 2, *[4] * 2, -1, -1, -1, -1]


def test_pictures_that_are_alike_to_the_last_bit_are_told_apart_by_place(picture: Picture) -> None:
    other = replace(picture, metadata=Metadata(exif=b"MM"))
    data = write_container([picture, other, picture])
    whole = [report.picture for report in covered(data)]
    assert whole == [-1, -1, *[0] * 11, *[1] * 9, *[2] * 11, *[0] * 3, *[1] * 3, *[2] * 3, -1]
    for chunk in chunks_of(data)[1:]:
        damaged = bytearray(data)
        damaged[chunk.payload_offset] ^= 1
        for found, picture_number in zip(covered(bytes(damaged)), whole, strict=True):
            assert found.picture == (picture_number if found.intact else -1)


def test_one_damaged_byte_damages_one_report(album: bytes) -> None:
    whole = covered(album)
    owners = {(report.offset, report.picture) for report in whole}
    for place in range(0, len(album), 2):
        damaged = bytearray(album)
        damaged[place] ^= 0x81
        reports = covered(bytes(damaged))
        hit = next(number for number, report in enumerate(whole) if report.offset + report.length > place)
        assert [number for number, report in enumerate(reports) if not report.intact] == [hit]
        assert {(report.offset, report.picture) for report in reports if report.intact} <= owners
        assert reports[hit].offset == whole[hit].offset
        if place >= whole[hit].offset + 16:
            assert (reports[hit].kind, reports[hit].index) == (whole[hit].kind, whole[hit].index)


def test_without_header_and_index_the_chunks_of_a_picture_cannot_be_proven(data: bytes) -> None:
    damaged = bytearray(data)
    damaged[40] ^= 1
    reports = covered(bytes(damaged))
    assert [report.kind for report in reports] == ["file", *FRONT, *BACK, "DONE"]
    assert [report.intact for report in reports] == [True, *[False] * 14, True]
    assert reports[5].reason == "its digest does not hold for any picture whose header is whole"


def test_without_index_pictures_are_numbered_as_their_headers_lie(album: bytes) -> None:
    damaged = bytearray(album)
    damaged[50] ^= 1
    head = [chunk for chunk in chunks_of(album) if chunk.kind == Kind.HEAD][1]
    damaged[head.payload_offset] ^= 1
    reports = covered(bytes(damaged))
    assert {report.picture for report in reports} == {-1, 0, 2, 3, 4}
    assert [report.intact for report in reports if report.kind == "RESI"] == [
        True,
        True,
        False,
        False,
        True,
        True,
        True,
        True,
    ]


def test_chunk_of_another_file_is_not_taken_for_ours(album: bytes, data: bytes, picture: Picture) -> None:
    other = write_container([Picture.seal(picture.header, base=picture.base, residual=picture.residual, tone=None)])
    assert covered(data)[0].intact
    tile = next(chunk for chunk in chunks_of(data) if chunk.kind == Kind.RESIDUAL)
    stranger = pack_chunk(Kind.RESIDUAL, b"residual 0", 0, b"somebody else's.")
    reports = covered(data[: tile.offset] + stranger + data[tile.end :])
    assert [(report.kind, report.index) for report in reports if not report.intact] == [("RESI", 0)]
    assert other[-10:] != album[-10:]


def test_chunk_of_a_picture_without_its_identity_is_named(data: bytes) -> None:
    tile = next(chunk for chunk in chunks_of(data) if chunk.kind == Kind.RESIDUAL)
    reports = covered(data[: tile.offset] + pack_chunk(Kind.RESIDUAL, b"residual 0") + data[tile.end :])
    assert [report.reason for report in reports if not report.intact] == [
        "it belongs to no picture, though its kind needs one"
    ]


def test_lost_or_added_bytes_cost_only_the_chunk_they_are_in(data: bytes) -> None:
    tile = next(chunk for chunk in chunks_of(data) if (chunk.kind, chunk.index) == (b"BASE", 4))
    middle = tile.payload_offset + 5
    for damaged in (data[:middle] + data[middle + 3 :], data[:middle] + b"xyz" + data[middle:]):
        reports = covered(damaged)
        assert {(report.kind, report.index) for report in reports if not report.intact} <= {("BASE", 4), ("????", 0)}
        intact = [report.index for report in reports if report.intact and report.kind == "BASE"]
        assert intact == [0, 1, 2, 3, 5]


def test_every_cut_length_is_reported(album: bytes) -> None:
    for length in range(0, len(album), 3):
        reports = covered(album[:length])
        assert not reports or reports[-1].kind != "DONE" or not reports[-1].intact


def test_text_mode_transfer_leaves_what_it_did_not_touch(data: bytes) -> None:
    reports = covered(data.replace(b"\r\n", b"\n"))
    assert not reports[0].intact
    assert "text mode" in reports[0].reason
    assert all(report.intact for report in reports[1:])


def test_any_bytes_are_covered() -> None:
    for junk in (b"", b"x", b"\x89HYC", bytes(1000), b"BASE" * 100, pack_chunk(Kind.DONE, b"abc")):
        covered(junk)
    assert [report.kind for report in covered(b"junk" + pack_chunk(Kind.DONE, b"abc"))] == ["file", "DONE"]


def test_false_chunks_inside_each_other_do_not_make_the_scan_quadratic() -> None:
    size, step = 1 << 17, CHUNK_HEADER.size
    lengths = (max(0, size - place - 44) for place in range(0, size, step))
    chunks = [pack_chunk(Kind.BASE, bytes(length))[:step] for length in lengths]
    reports = covered(pack_prologue() + b"".join(chunks) + bytes(64))
    checked = [report for report in reports if report.kind == "BASE" and "not checked" not in report.reason]
    assert 8 <= len(checked) < 80


def test_strangers_in_an_album_of_many_pictures_do_not_make_the_scan_quadratic(
    album: bytes, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("hybridcodec_container.scan._TRIES", 300)
    strangers = b"".join(pack_chunk(Kind.BASE, b"x", number, b"somebody else's.") for number in range(200))
    reports = covered(album[:-56] + strangers + album[-56:])
    reasons = {report.reason for report in reports if not report.intact}
    assert "not checked: too many damaged chunks in a file of many pictures" in reasons


def test_header_that_promises_too_much_does_not_hide_what_follows(data: bytes) -> None:
    promise = pack_chunk(Kind.BASE, bytes(100 * len(data)))[:16]
    reports = covered(data[:16] + promise * 50 + data[16:])
    assert [report.kind for report in reports if report.intact] == [report.kind for report in covered(data)]

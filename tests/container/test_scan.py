"""Damage reports."""

from hybridcodec_container import Kind, scan_container
from hybridcodec_container.chunks import pack_chunk, walk
from hybridcodec_container.layout import CHUNK_HEADER
from hybridcodec_container.prologue import pack_prologue
from hybridcodec_container.scan import ChunkReport


def covered(data: bytes) -> list[ChunkReport]:
    """Return the reports, after checking that they cover `data` without gap or overlap."""
    reports = scan_container(data)
    place = 0
    for report in reports:
        assert report.offset == place
        assert report.length > 0
        assert report.intact == (not report.reason)
        place += report.length
    assert place == len(data)
    return reports


def test_whole_file_is_intact(data: bytes) -> None:
    reports = covered(data)
    assert all(report.intact for report in reports)
    assert [report.kind for report in reports] == [
        *("file", "HEAD", "iccp", "xmp_", "noTe", "BCOM", "TIDX"), *["BASE"] * 6, "RESI", "RESI", "DONE"
    ]  # fmt: skip


def test_one_damaged_byte_damages_one_report(data: bytes) -> None:
    whole = covered(data)
    for place in range(len(data)):
        damaged = bytearray(data)
        damaged[place] ^= 0x81
        reports = covered(bytes(damaged))
        hit = next(number for number, report in enumerate(whole) if report.offset + report.length > place)
        assert [number for number, report in enumerate(reports) if not report.intact] == [hit]
        assert reports[hit].offset == whole[hit].offset
        if place >= whole[hit].offset + 16:
            assert (reports[hit].kind, reports[hit].index) == (whole[hit].kind, whole[hit].index)


def test_lost_or_added_bytes_cost_only_the_chunk_they_are_in(data: bytes) -> None:
    tile = next(chunk for chunk in walk(data) if (chunk.kind, chunk.index) == (b"BASE", 4))
    middle = tile.payload_offset + 5
    for damaged in (data[:middle] + data[middle + 3 :], data[:middle] + b"xyz" + data[middle:]):
        reports = covered(damaged)
        assert {(report.kind, report.index) for report in reports if not report.intact} <= {("BASE", 4), ("????", 0)}
        intact = [report.index for report in reports if report.intact and report.kind == "BASE"]
        assert intact == [0, 1, 2, 3, 5]


def test_every_cut_length_is_reported(data: bytes) -> None:
    for length in range(len(data)):
        reports = covered(data[:length])
        assert not reports or reports[-1].kind != "DONE" or not reports[-1].intact


def test_text_mode_transfer_leaves_what_it_did_not_touch(data: bytes) -> None:
    reports = covered(data.replace(b"\r\n", b"\n"))
    assert not reports[0].intact
    assert "text mode" in reports[0].reason
    assert all(report.intact for report in reports[1:])


def test_any_bytes_are_covered() -> None:
    for junk in (b"", b"x", b"\x89HYC", bytes(1000), b"BASE" * 100, pack_chunk(Kind.BASE, b"abc", 7)):
        covered(junk)
    assert [report.kind for report in covered(b"junk" + pack_chunk(Kind.BASE, b"abc", 7))] == ["file", "BASE"]


def test_false_chunks_inside_each_other_do_not_make_the_scan_quadratic() -> None:
    size, step = 1 << 17, CHUNK_HEADER.size
    lengths = (max(0, size - place - 44) for place in range(0, size, step))
    chunks = [pack_chunk(Kind.BASE, bytes(length))[:step] for length in lengths]
    reports = covered(pack_prologue() + b"".join(chunks) + bytes(64))
    checked = [report for report in reports if report.kind == "BASE" and "not checked" not in report.reason]
    assert 8 <= len(checked) < 80


def test_header_that_promises_too_much_does_not_hide_what_follows(data: bytes) -> None:
    promise = pack_chunk(Kind.BASE, bytes(100 * len(data)))[:16]
    reports = covered(data[:16] + promise * 50 + data[16:])
    assert [report.kind for report in reports if report.intact] == [report.kind for report in covered(data)]

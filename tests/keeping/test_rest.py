"""Where a source file is not kept, everything that it holds besides its samples is, and a proof compares it."""

import io
import struct
import zlib
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from click.testing import CliRunner
from dicom_files import dicom
from hybridcodec_container import Rest, read_container, write_container
from hybridcodec_container.layout import MAX_METADATA_BYTES
from PIL import Image
from PIL.PngImagePlugin import PngInfo
from PIL.TiffImagePlugin import ImageFileDirectory_v2

from hybridcodec import codec
from hybridcodec.cli.extract import command as extract
from hybridcodec.cli.restore import command
from hybridcodec.errors import InputError, LimitError, UnsupportedError
from hybridcodec.fidelity import Fidelity
from hybridcodec.filing import Terms, file_source
from hybridcodec.keeping import fill_rest, joined_spans, make_rest, rest_of, sample_spans
from hybridcodec.modes import Keep, Mode
from hybridcodec.proof.flags import FlagKind
from hybridcodec.proof.proving import Original, prove
from hybridcodec.sources.reading import read_document

SAMPLES = np.arange(20 * 31, dtype=np.int64).reshape(20, 31).astype(np.uint8)
CONTENT = Terms(keep=Keep.CONTENT)


def png() -> bytes:
    stream, texts = io.BytesIO(), PngInfo()
    texts.add_text("Comment", "taken on a Tuesday")
    Image.fromarray(SAMPLES).save(stream, "PNG", pnginfo=texts, dpi=(300, 300))
    return stream.getvalue()


def tiff() -> bytes:
    stream, tags = io.BytesIO(), ImageFileDirectory_v2()
    tags[65000] = "a tag of our own"
    pages = [Image.fromarray(np.roll(SAMPLES, page)) for page in range(3)]
    pages[0].save(stream, "TIFF", save_all=True, append_images=pages[1:], compression="tiff_lzw", tiffinfo=tags)
    return stream.getvalue()


def dicom_file() -> bytes:
    pytest.importorskip("pydicom", reason="pydicom is not installed")
    return dicom(bytes(16384), Rows=64, Columns=128, PatientName=b"Doe^Jane")


MADE = {"png": (png, b"taken on a Tuesday"), "tiff": (tiff, b"a tag of our own"), "dicom": (dicom_file, b"Doe^Jane")}


@pytest.mark.parametrize("name", MADE)
def test_every_byte_outside_of_the_samples_is_kept_and_the_source_still_does_not_come_back(name: str) -> None:
    make, text = MADE[name]
    stored = make()
    document = read_document(stored)
    filed = file_source(stored, CONTENT)
    assert document.left_out
    assert (filed.restores, filed.left_out) == (False, ())
    info = codec.read_info(filed.data)
    assert (info.restores, info.rest_bytes > 0) == (False, True)
    expected = bytearray(stored)
    for start, length in sample_spans(document):
        expected[start : start + length] = bytes(length)
    assert b"".join(fill_rest(filed.data)) == expected
    assert text in expected
    assert prove(filed.data, Original(stored, document), None).flags == ()


@pytest.mark.parametrize(("mode", "bound"), [(Mode.NEAR_LOSSLESS, 2), (Mode.PERCEPTUAL, 0)])
def test_a_loss_of_samples_is_no_loss_of_the_rest(mode: Mode, bound: int) -> None:
    filed = file_source(png(), Terms(Fidelity(mode, bound)))
    assert b"taken on a Tuesday" in b"".join(fill_rest(filed.data))
    assert (filed.restores, filed.left_out) == (False, ())


def test_nothing_is_kept_twice_or_where_nothing_is_left_out() -> None:
    plain = io.BytesIO()
    Image.fromarray(SAMPLES).save(plain, "PNG")
    for stored, terms in ((plain.getvalue(), CONTENT), (png(), Terms(keep=Keep.FILE))):
        data = file_source(stored, terms).data
        assert (rest_of(data), codec.read_info(data).rest_bytes) == (None, 0)
        with pytest.raises(UnsupportedError, match="keeps all of it, or pictures alone"):
            next(fill_rest(data))


def test_what_lies_among_the_samples_is_still_named() -> None:
    packed = zlib.compress(b"".join(b"\0" + row.tobytes() for row in SAMPLES)) + b"hidden"
    stored = png()
    start, end = stored.index(b"IDAT") - 4, stored.index(b"IEND") - 4
    chunk = b"IDAT" + packed
    stored = (
        stored[:start] + struct.pack(">I", len(packed)) + chunk + struct.pack(">I", zlib.crc32(chunk)) + stored[end:]
    )
    filed = file_source(stored, CONTENT)
    assert [name for name in filed.left_out if "behind the end of the compressed samples" in name] == list(
        filed.left_out
    )
    assert (len(filed.left_out), b"hidden" in b"".join(fill_rest(filed.data))) == (1, False)


def test_files_whose_samples_are_not_all_found_keep_no_rest() -> None:
    stored = tiff()
    document = read_document(stored)
    assert make_rest(stored, document) is not None
    some = tuple(stream for stream in document.streams if stream.picture)
    for streams in ((), some, (replace(document.streams[0], spans=((0, len(stored) + 1),)), *some)):
        assert make_rest(stored, replace(document, streams=streams)) is None
    assert make_rest(stored + bytes(MAX_METADATA_BYTES), document) is None


def test_spans_are_joined_in_order() -> None:
    assert joined_spans([(9, 1), (0, 2), (2, 3), (4, 2), (7, 0)]) == ((0, 6), (9, 1))
    assert joined_spans([]) == ()


def test_a_proof_flags_a_rest_of_other_bytes_and_gaps_that_hold_more_than_samples() -> None:
    stored = png()
    document, data = read_document(stored), file_source(stored, CONTENT).data
    pictures, rest = read_container(data).pictures, rest_of(data)
    assert rest is not None
    wider = ((rest.gaps[0][0] - 1, rest.gaps[0][1] + 1), *rest.gaps[1:])
    for other in (
        Rest(rest.file_bytes, rest.gaps, rest.content[:-1] + b"?"),
        Rest(rest.file_bytes + 1, rest.gaps, rest.content + b"?"),
        Rest.of(stored, wider),
    ):
        flags = prove(write_container(pictures, rest=other), Original(stored, document), None).flags
        assert [flag.kind for flag in flags] == [FlagKind.FILE_DIFFERS]
    more = Rest.of(stored, ((rest.gaps[0][0] + 1, rest.gaps[0][1] - 1), *rest.gaps[1:]))
    assert prove(write_container(pictures, rest=more), Original(stored, document), None).flags == ()


def test_an_extract_leaves_the_rest_out_and_says_so_unless_it_is_asked_for(tmp_path: Path) -> None:
    data = file_source(png(), CONTENT).data
    (tmp_path / "a.hyc").write_bytes(data)
    assert rest_of(codec.extract(data, rest=True)) == rest_of(data) is not None
    done = CliRunner().invoke(extract, [str(tmp_path / "a.hyc"), str(tmp_path / "b.hyc")])
    assert "without the rest of the source file" in done.output
    extracted = (tmp_path / "b.hyc").read_bytes()
    assert rest_of(extracted) is None
    with pytest.raises(UnsupportedError, match="does not keep the rest"):
        next(fill_rest(extracted))
    done = CliRunner().invoke(extract, ["--rest", str(tmp_path / "a.hyc"), str(tmp_path / "c.hyc")])
    assert ("without" in done.output, rest_of((tmp_path / "c.hyc").read_bytes())) == (False, rest_of(data))


def test_large_claims_are_refused_before_they_are_written() -> None:
    data = file_source(png(), CONTENT).data
    with pytest.raises(LimitError, match="the limit is 100"):
        next(fill_rest(data, max_bytes=100))
    with pytest.raises(InputError, match="bytes"):
        rest_of("no bytes")


def test_restore_writes_the_rest_under_a_name_that_is_given_and_says_what_it_is(tmp_path: Path) -> None:
    source, out = tmp_path / "photo.hyc", tmp_path / "photo.rest"
    source.write_bytes(file_source(png(), CONTENT).data)
    nameless = CliRunner().invoke(command, ["--rest", str(source)])
    assert (nameless.exit_code, "--rest needs OUT" in nameless.output) == (2, True)
    done = CliRunner().invoke(command, ["--rest", str(source), str(out)])
    assert (done.exit_code, "not the source file" in done.output) == (0, True)
    assert out.read_bytes() == b"".join(fill_rest(source.read_bytes()))


@pytest.mark.parametrize("name", ["photo.backup", "photo", "photo.2", "photo.PNG"])
def test_a_file_comes_back_under_any_name_that_is_given(tmp_path: Path, name: str) -> None:
    source = tmp_path / "photo.hyc"
    source.write_bytes(file_source(png(), Terms(keep=Keep.FILE)).data)
    done = CliRunner().invoke(command, [str(source), str(tmp_path / name)])
    assert done.exit_code == 0, done.output
    assert (tmp_path / name).read_bytes() == png()

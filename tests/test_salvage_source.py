"""The source file of a damaged .hyc file comes back where all that it is made of is whole, and never another one."""

import io
from dataclasses import replace
from pathlib import Path

import hybridcodec_container as container
import numpy as np
import pytest
from click.testing import CliRunner
from keeping_files import smooth
from PIL import Image
from test_salvage_kinds import chunks, spoiled

from hybridcodec import codec
from hybridcodec.cli.restore import command
from hybridcodec.errors import CorruptFileError, HybridcodecError, LimitError, UnsupportedError
from hybridcodec.fidelity import Fidelity
from hybridcodec.filing import Terms, file_source
from hybridcodec.image import Picture
from hybridcodec.keeping import Keep, source_of
from hybridcodec.kinds import GRAY, INDEXED, Palette, SampleKind
from hybridcodec.modes import Preview
from hybridcodec.options import Options
from hybridcodec.salvage import salvage, salvage_source, salvage_source_file
from hybridcodec.sources import write_picture
from hybridcodec.sources.writing import write_document

TERMS = Terms(Fidelity(), Options(Preview.FULL), keep=Keep.FILE)


def deep(seed: int = 0) -> Picture:
    samples = (smooth(40, 48, 1, 8, seed).astype(np.uint16) * 16 + 5) % 4096
    return Picture.of(samples, SampleKind(GRAY, 16))


def jpeg() -> bytes:
    stream = io.BytesIO()
    Image.fromarray(np.ascontiguousarray(smooth(64, 64))).save(stream, "JPEG", quality=90)
    return stream.getvalue()


@pytest.fixture(scope="module")
def scan() -> tuple[bytes, bytes]:
    """A PNG of 16 bits, and its .hyc file with a full preview."""
    stored = write_picture(deep()).data
    return stored, file_source(stored, TERMS).data


@pytest.mark.parametrize("kind", ["BLYR", "BASE", "TONE", "DONE"])
def test_file_comes_back_though_its_preview_is_damaged(scan: tuple[bytes, bytes], kind: str) -> None:
    stored, data = scan
    assert salvage_source(data) == (stored, "")
    found, fault = salvage_source(spoiled(data, chunks(data, kind)[0]))
    assert (found == stored, bool(fault)) == (True, True)


@pytest.mark.parametrize("kind", ["HEAD", "RLYR", "RESI", "sRCP", "sLIT"])
def test_file_whose_samples_or_recipe_are_damaged_does_not_come_back(scan: tuple[bytes, bytes], kind: str) -> None:
    with pytest.raises(CorruptFileError):
        salvage_source(spoiled(scan[1], chunks(scan[1], kind)[0]))


def test_no_damage_gives_another_file(scan: tuple[bytes, bytes]) -> None:
    stored, data = scan
    rng = np.random.default_rng(5)
    given = 0
    for place in rng.integers(0, len(data), 40):
        damaged = bytearray(data)
        damaged[place] ^= 1 << int(rng.integers(8))
        try:
            given += salvage_source(bytes(damaged))[0] == stored
        except HybridcodecError:
            continue
    assert given
    for length in rng.integers(0, len(data), 10):
        with pytest.raises(HybridcodecError):
            salvage_source(data[:length])


def test_photograph_coded_on_its_preview_says_why_its_file_is_lost() -> None:
    samples = smooth(30, 40)
    stored = write_picture(Picture.of(samples)).data
    data = codec.encode_album([Picture.of(samples)], source=lambda: source_of(stored))
    assert salvage_source(spoiled(data, chunks(data, "BASE")[0]))[0] == stored  # made of literals alone
    kept = file_source(stored, TERMS).data
    if container.read_container(kept).source.recipe.literal_bytes < len(stored) // 2:
        with pytest.raises(CorruptFileError):
            salvage_source(spoiled(kept, chunks(kept, "BASE")[0]))


def test_palette_that_is_damaged_stands_in_the_file_too() -> None:
    kind = SampleKind(INDEXED, 4, palette=Palette(3, 8, bytes(range(48))))
    stored = write_picture(Picture.of(smooth(40, 48, 1) % 16, kind)).data
    data = file_source(stored, TERMS).data
    assert salvage_source(spoiled(data, chunks(data, "PLTE")[0]))[0] == stored


def test_pages_come_back_though_the_preview_of_one_is_damaged() -> None:
    pages = [deep(seed) for seed in range(3)]
    stored = write_document(pages, "TIFF").data
    data = file_source(stored, replace(TERMS, options=Options(Preview.SMALL))).data
    assert container.read_container(data).source.recipe.literal_bytes < len(stored) // 2  # made of the samples
    for kind in ("ALBM", "BASE", "TONE"):
        assert salvage_source(spoiled(data, chunks(data, kind)[-1]))[0] == stored
    with pytest.raises(CorruptFileError, match="picture 2"):
        salvage_source(spoiled(data, chunks(data, "RESI")[-1]))


def test_files_that_are_kept_whole_need_no_picture() -> None:
    stored = jpeg()
    data = file_source(stored, TERMS).data
    for kind in ("HEAD", "BLYR", "DONE"):
        for report in chunks(data, kind):
            assert salvage_source(spoiled(data, report))[0] == stored
    alone = file_source(b"what was said" * 9, TERMS).data
    assert salvage_source(spoiled(alone, chunks(alone, "DONE")[0]))[0] == b"what was said" * 9


def test_what_keeps_no_file_and_what_is_over_a_limit_is_refused(scan: tuple[bytes, bytes]) -> None:
    alone = codec.encode(deep())
    with pytest.raises(UnsupportedError, match="keeps pictures alone"):
        salvage_source(alone)
    with pytest.raises(CorruptFileError, match="no recipe"):
        salvage_source(spoiled(alone, chunks(alone, "RESI")[0]))
    with pytest.raises(LimitError, match="the limit is 9"):
        salvage_source(scan[1], max_bytes=9)
    with pytest.raises(LimitError, match="pixels"):
        salvage_source(spoiled(scan[1], chunks(scan[1], "BASE")[0]), max_pixels=9)


def test_command_writes_the_same_file_and_says_that_the_other_is_damaged(
    tmp_path: Path, scan: tuple[bytes, bytes]
) -> None:
    stored, data = scan
    source = tmp_path / "scan.hyc"
    source.write_bytes(spoiled(data, chunks(data, "BASE")[0]))
    done = CliRunner().invoke(command, [str(source), "--salvage"])
    assert isinstance(done.exception, CorruptFileError)
    assert "came back whole" in str(done.exception)
    assert (tmp_path / "scan.png").read_bytes() == stored
    assert "the same file" in done.output
    source.write_bytes(data)
    assert salvage_source_file(source, tmp_path / "again.png").fault == ""
    assert CliRunner().invoke(command, [str(source), "--salvage", "--rest", str(tmp_path / "x")]).exit_code == 2


@pytest.mark.parametrize("number", [None, 0, 3])
def test_a_file_without_a_picture_has_none_to_salvage(number: int | None) -> None:
    data = codec.encode_album([], source=lambda: source_of(b"no picture"))
    with pytest.raises(UnsupportedError, match="holds no picture, only another file; restore it"):
        salvage(data, picture=number)
    for cut in (data[:-9], data[:20]):
        with pytest.raises(CorruptFileError, match=r"without a whole header: ."):
            salvage(cut, picture=number)

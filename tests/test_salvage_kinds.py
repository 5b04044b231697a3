"""What is whole of damaged files of any samples: pages, palettes, 16 bits, several pictures, kept files."""

import json
from pathlib import Path

import hybridcodec_container as container
import numpy as np
import pytest
from hyc_files import behind
from keeping_files import smooth

from hybridcodec import codec
from hybridcodec.errors import CorruptFileError, InputError, UnsupportedError
from hybridcodec.image import Layer, Picture, Window
from hybridcodec.keeping import Maker
from hybridcodec.kinds import GRAY, INDEXED, Palette, SampleKind
from hybridcodec.modes import Preview
from hybridcodec.options import Options
from hybridcodec.residual.index.coder import Index
from hybridcodec.residual.page.coder import Page
from hybridcodec.residual.stored.coder import Stored
from hybridcodec.residual.wide.coder import Wide
from hybridcodec.salvage import State, salvage, salvage_file
from hybridcodec.sources import write_picture
from hybridcodec.sources.reading import read_document

H, W, ROWS = 40, 48, 10
PALETTE = Palette(3, 8, bytes(range(60)))
KINDS = {
    "bilevel": SampleKind(GRAY, 1),
    "12 bits": SampleKind(GRAY, 12),
    "16 bits, signed": SampleKind(GRAY, 16, signed=True),
    "palette": SampleKind(INDEXED, 8, palette=PALETTE),
}
WHOLE = Options(Preview.FULL)


@pytest.fixture(autouse=True)
def small_tiles(monkeypatch: pytest.MonkeyPatch) -> None:
    """Tiles of 10 rows, 4 to a picture, whichever coder takes it."""
    for coder in (Index, Page, Stored, Wide):
        monkeypatch.setattr(coder, "choose_tile", lambda _self, _height, width, *_: (ROWS, width))


def drawn(kind: SampleKind, seed: int = 1) -> Picture:
    rng = np.random.default_rng(seed)
    rows, columns = np.mgrid[:H, :W]
    top = len(PALETTE.entries) // 3 - 1 if kind.palette else kind.high
    slope = (rows + columns) / (H + W) + rng.normal(0, 0.02, (H, W))
    samples = np.rint(np.clip(kind.low + slope * (top - kind.low), kind.low, top)).astype(kind.dtype)
    if kind.palette:
        samples = (7 * samples % (top + 1)).astype(kind.dtype)  # no order of brightness
    return Picture.of(samples, kind)


def chunks(data: bytes, kind: str) -> list[container.ChunkReport]:
    return [report for report in container.scan_container(data) if report.kind == kind]


def spoiled(data: bytes, report: container.ChunkReport, place: int = 20) -> bytes:
    at = report.offset + min(place, report.length - 1)
    return data[:at] + bytes([data[at] ^ 4]) + data[at + 1 :]


@pytest.mark.parametrize("name", KINDS)
def test_tiles_that_need_no_preview_are_exact_one_by_one_and_the_lost_one_is_marked(name: str) -> None:
    picture = drawn(KINDS[name])
    data = codec.encode(picture, options=WHOLE)
    tiles = chunks(data, "RESI")
    assert len(tiles) == 4
    found = salvage(spoiled(data, tiles[2]))
    lost = found.states == State.NOTHING
    assert (lost[20:30].all(), int(lost.sum()), found.share(State.EXACT)) == (True, 10 * W, 0.75)
    assert np.array_equal(found.samples[~lost], picture.samples[..., 0][~lost])
    assert found.kind == picture.kind
    assert [(tile.layer, tile.index, tile.state) for tile in found.tiles] == [("residual", 2, State.NOTHING)]
    assert len(np.unique(found.samples[lost])) > 1  # a hatch, whatever the samples are


@pytest.mark.parametrize("name", KINDS)
def test_exact_samples_outlive_their_preview(name: str) -> None:
    picture = drawn(KINDS[name])
    data = codec.encode(picture, options=WHOLE)
    for kind in ("BLYR", "BASE"):
        found = salvage(spoiled(data, chunks(data, kind)[0]))
        assert found.share(State.EXACT) == 1
        assert np.array_equal(found.samples, picture.samples[..., 0])


def test_preview_of_what_is_not_8_bits_is_had_by_asking_for_it() -> None:
    data = codec.encode(drawn(KINDS["12 bits"]), options=WHOLE)
    broken = spoiled(data, chunks(data, "RLYR")[0])
    with pytest.raises(CorruptFileError, match=r"no exact tile is left.*its preview may be: --layer perceptual"):
        salvage(broken)
    found = salvage(broken, layer=Layer.PERCEPTUAL)
    assert (found.samples.dtype, found.share(State.PREVIEW)) == (np.uint8, 1)


def test_file_without_a_preview_is_salvaged_and_has_none_to_give() -> None:
    picture = drawn(KINDS["12 bits"])
    data = codec.encode(picture, options=Options(Preview.NONE))
    broken = spoiled(data, chunks(data, "RESI")[0])
    assert salvage(broken).share(State.EXACT) == 0.75
    with pytest.raises(UnsupportedError, match="no preview"):
        salvage(broken, layer=Layer.PERCEPTUAL)


def test_indices_whose_palette_is_lost_are_shown_as_gray() -> None:
    picture = drawn(KINDS["palette"])
    data = codec.encode(picture, options=WHOLE)
    found = salvage(spoiled(data, chunks(data, "PLTE")[0]))
    assert found.kind == SampleKind(GRAY, 8)
    assert np.array_equal(found.samples, picture.samples[..., 0])


FRAMES = [drawn(KINDS["12 bits"], seed) for seed in range(3)]


@pytest.fixture
def group(monkeypatch: pytest.MonkeyPatch) -> bytes:
    """A file of frames of which each is coded by the help of the one before, whatever that saves."""
    monkeypatch.setattr("hybridcodec.making._WORTH", 9.0)
    monkeypatch.setattr(Wide, "uses_reference", True)
    data = codec.encode_album(FRAMES, options=Options(Preview.NONE))
    assert [picture.header.group_position for picture in container.read_container(data).pictures] == [0, 1, 2]
    return data


def test_frame_depends_on_the_one_before_it_where_that_is_lost_and_nowhere_else(group: bytes) -> None:
    tile = next(report for report in chunks(group, "RESI") if (report.picture, report.index) == (1, 2))
    damaged = spoiled(group, tile)
    assert salvage(damaged, picture=0).share(State.EXACT) == 1
    for number in (1, 2):
        found = salvage(damaged, picture=number)
        exact = found.states == State.EXACT
        assert (found.share(State.EXACT), exact[20:30].any()) == (0.75, False)
        assert np.array_equal(found.samples[exact], FRAMES[number].samples[..., 0][exact])
    assert found.tiles[0].reason == "made by the help of picture 1, which is not whole there"


@pytest.mark.parametrize("cut", [np.s_[:9, :9], np.s_[::-1]])
@pytest.mark.parametrize("lost", ["RLYR", "RESI"])
def test_frame_behind_another_one_than_its_reference_is_not_made_up(
    group: bytes, cut: tuple[slice, ...], lost: str
) -> None:
    frame = container.read_container(group).pictures[1]
    other = codec.encode(np.ascontiguousarray(FRAMES[0].samples[cut]), options=Options(Preview.NONE))
    mixed = behind(frame, container.read_container(other).pictures[0])
    before = next(report for report in chunks(mixed, lost) if report.picture == 0)
    behind_it = next(report for report in chunks(mixed, "RESI") if (report.picture, report.index) == (1, 2))
    for data in (mixed, spoiled(mixed, before), spoiled(mixed, behind_it)):
        with pytest.raises(CorruptFileError, match="no exact tile is left"):
            salvage(data, picture=1)


def test_frame_after_one_that_lost_its_header_is_not_made_up(group: bytes) -> None:
    damaged = spoiled(group, next(report for report in chunks(group, "HEAD") if report.picture == 1), 18)
    assert salvage(damaged, picture=0).share(State.EXACT) == 1
    for number in (1, 2):
        with pytest.raises(CorruptFileError):
            salvage(damaged, picture=number)


def test_pages_are_salvaged_one_by_one(tmp_path: Path) -> None:
    pages = [drawn(KINDS["bilevel"], seed) for seed in range(3)]
    data = codec.encode_album(pages)
    damaged = spoiled(data, next(report for report in chunks(data, "RESI") if report.picture == 1))
    source = tmp_path / "pages.hyc"
    source.write_bytes(damaged)
    with pytest.raises(InputError, match="several pictures: say which, 0 to 2"):
        salvage_file(source, tmp_path / "page.png")
    for number, share in enumerate((1, 0.75, 1)):
        result = salvage_file(source, tmp_path / f"{number}.png", picture=number)
        assert result.salvaged.share(State.EXACT) == share
        exact = result.salvaged.states == State.EXACT
        (written,) = read_document((tmp_path / f"{number}.png").read_bytes()).pictures
        assert np.array_equal(written.samples[..., 0][exact], pages[number].samples[..., 0][exact])
        assert json.loads(result.map_json.read_text())["samples"] == str(pages[number].kind)


@pytest.mark.parametrize("kind", ["sRCP", "sLIT"])
def test_damaged_recipe_leaves_the_pictures_whole(kind: str) -> None:
    samples = smooth(H, W)
    stored = write_picture(Picture.of(samples)).data
    data = codec.encode_album([Picture.of(samples)], source=Maker(stored).finish)
    found = salvage(spoiled(data, chunks(data, kind)[0]))
    assert found.fault
    assert found.share(State.EXACT) == 1
    assert np.array_equal(found.samples, samples)


def test_preview_whose_tone_map_is_lost_without_a_trace_is_not_taken_for_samples() -> None:
    samples = smooth(H, W)
    data = codec.encode(Picture.of(samples, window=Window(20, 200)), options=WHOLE)
    (tone,) = chunks(data, "TONE")
    damaged = data[: tone.offset] + bytes(tone.length) + data[tone.offset + tone.length :]
    assert not chunks(damaged, "TONE")
    found = salvage(damaged)
    assert found.share(State.EXACT) == 1
    assert np.array_equal(found.samples, samples)

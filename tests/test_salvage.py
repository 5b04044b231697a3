"""A damaged file gives what is whole of it, and calls exact only what the hash of the whole picture proves."""

import json
import subprocess
import sys
from pathlib import Path

import hybridcodec_container as container
import numpy as np
import pytest
from PIL import Image

from hybridcodec import codec
from hybridcodec.errors import CorruptFileError, InputError, MismatchError, UnsupportedError
from hybridcodec.image import Layer, Metadata, Mode
from hybridcodec.salvage import Salvaged, State, salvage, salvage_file

H, W = 40, 460
METADATA = Metadata(exif=b"MM\0*\0\0\0\x08\0\0\0\0\0\0")


def picture(channels: int = 3) -> np.ndarray:
    rows, columns = np.mgrid[:H, :W]
    smooth = 90 + 60 * np.sin(rows / 9 + columns / 23)[..., None] + 12 * np.arange(channels)
    samples = (smooth + np.random.default_rng(3).integers(0, 6, (H, W, channels))).astype(np.uint8)
    return samples[..., 0] if channels == 1 else samples


def encoded(samples: np.ndarray, **settings: object) -> bytes:
    """A file of small tiles: 8 of the base, 2 x 8 of the residual."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("hybridcodec.base.TILE", 64)
        patch.setattr("hybridcodec.residual.choose_tile", lambda *_: (24, 60))
        return codec.encode(samples, metadata=METADATA, **settings)


@pytest.fixture(scope="module")
def data() -> bytes:
    return encoded(picture())


@pytest.fixture(scope="module")
def preview(data: bytes) -> np.ndarray:
    return codec.decode(data, layer=Layer.PERCEPTUAL)


def chunk(data: bytes, kind: str, index: int = 0) -> container.ChunkReport:
    return next(c for c in container.scan_container(data) if (c.kind, c.index) == (kind, index))


def spoiled(data: bytes, report: container.ChunkReport, place: int = 20) -> bytes:
    """`data` with one bit of a chunk changed; the payload starts at place 16."""
    at = report.offset + min(place, report.length - 1)
    return data[:at] + bytes([data[at] ^ 4]) + data[at + 1 :]


def require_honest(found: Salvaged, samples: np.ndarray, preview: np.ndarray) -> None:
    """For files that are damaged, and not mixed: then what is unproven is true as well."""
    whole, nothing = is_whole(found), found.states == State.NOTHING
    assert np.array_equal(found.samples[whole], samples[whole])
    assert set(np.unique(found.samples[nothing])) <= {40, 128, 216}
    if not nothing.any():
        assert np.array_equal(found.samples[~whole], preview[~whole])


def is_whole(found: Salvaged) -> np.ndarray:
    """Whether each pixel is what a whole tile decodes to, (H, W)."""
    return (found.states == State.EXACT) | (found.states == State.UNPROVEN)


CHUNKS = [("BCOM", 0), ("TIDX", 0), ("exif", 0), ("DONE", 0)]
TILES = [("BASE", n) for n in range(8)] + [("RESI", n) for n in range(16)]


@pytest.mark.parametrize(("kind", "index"), CHUNKS + TILES)
@pytest.mark.parametrize("place", [2, 20], ids=["header", "payload"])
def test_what_is_called_exact_is_exact_whichever_chunk_is_damaged(
    data: bytes, preview: np.ndarray, kind: str, index: int, place: int
) -> None:
    found = salvage(spoiled(data, chunk(data, kind, index), place))
    assert found.fault
    if kind == "BCOM":  # its colour correction, up to 8 steps, is lost
        assert found.share(State.PREVIEW) == 1
        assert np.abs(found.samples.astype(int) - preview).max() <= 8
        return
    require_honest(found, picture(), preview)
    if kind == "RESI":
        assert [(tile.layer, tile.index, tile.state) for tile in found.tiles] == [("residual", index, State.PREVIEW)]
        assert found.share(State.UNPROVEN) > 0.9
        assert found.share(State.EXACT) == 0
    elif kind == "BASE":
        lost = found.tiles[0]
        assert (lost.layer, lost.index, lost.state) == ("base", index, State.NOTHING)
        assert (found.states[lost.box.rows, lost.box.columns] == State.NOTHING).all()
        assert 0.25 < found.share(State.UNPROVEN) < 0.75
        assert found.share(State.EXACT) == 0
    else:
        assert found.share(State.EXACT) == 1
    assert found.metadata == (Metadata() if kind == "exif" else METADATA)


def test_a_lost_base_tile_reaches_as_far_as_the_generator_sees_and_no_further(data: bytes) -> None:
    found = salvage(spoiled(data, chunk(data, "BASE", 3)))
    columns = np.flatnonzero(is_whole(found).any(axis=0))
    left, right = columns[columns < 192].max(), columns[columns >= 256].min()
    assert (left, right) == (59, 360)  # columns 192 to 256 and 96 beyond, in tiles of 60
    assert {tile.index % 8 for tile in found.tiles if tile.layer == "residual"} == {1, 2, 3, 4, 5}


def test_a_file_cut_anywhere_gives_no_false_pixel(data: bytes, preview: np.ndarray) -> None:
    start = chunk(data, "BASE", 0).offset + chunk(data, "BASE", 0).length
    shares = []
    for end in np.linspace(start, len(data) - 1, 15).astype(int):
        found = salvage(data[:end])
        require_honest(found, picture(), preview)
        shares.append((found.share(State.NOTHING), float(is_whole(found).mean())))
    assert shares[0][0] > 0.5
    assert shares[-1] == (0, 1)
    assert found.share(State.EXACT) == 1  # all is there but the end, and has the hash of the picture
    assert [nothing for nothing, _ in shares] == sorted((nothing for nothing, _ in shares), reverse=True)


def test_many_damaged_places_at_once_give_no_false_pixel(data: bytes, preview: np.ndarray) -> None:
    rng = np.random.default_rng(8)
    tiles = [chunk(data, *tile) for tile in TILES]
    for _ in range(8):
        damaged = data
        for number in rng.choice(len(tiles), 4, replace=False):
            damaged = spoiled(damaged, tiles[number], int(rng.integers(0, tiles[number].length)))
        require_honest(salvage(damaged), picture(), preview)


def test_inserted_and_removed_bytes_are_stepped_over(data: bytes, preview: np.ndarray) -> None:
    middle = chunk(data, "RESI", 3).offset
    longer, shorter = data[:middle] + b"stray bytes" + data[middle:], data[: middle + 30] + data[middle + 40 :]
    for damaged, share in ((longer, 1.0), (shorter, 0.9)):
        found = salvage(damaged)
        require_honest(found, picture(), preview)
        assert is_whole(found).mean() >= share


def test_a_tile_of_another_picture_is_not_taken_for_one_of_this(data: bytes, preview: np.ndarray) -> None:
    other = encoded(255 - picture())
    mine, theirs = chunk(data, "RESI", 5), chunk(other, "RESI", 5)
    assert mine.length != theirs.length
    stranger = other[theirs.offset : theirs.offset + theirs.length]
    swapped = data[: mine.offset] + stranger + data[mine.offset + mine.length :]
    added = data[: mine.offset] + stranger + data[mine.offset :]
    for damaged, reason in ((swapped, "its length differs"), (added, "found more than once")):
        found = salvage(damaged)
        require_honest(found, picture(), preview)
        assert [tile.index for tile in found.tiles] == [5]
        assert reason in found.tiles[0].reason


def test_tiles_that_are_whole_and_still_not_the_picture_are_not_called_exact(data: bytes) -> None:
    other = encoded(np.roll(picture(), 1, axis=0))
    start, end = chunk(data, "TIDX").offset, chunk(data, "TIDX").offset + chunk(data, "TIDX").length
    first, done = chunk(other, "RESI", 0).offset, chunk(other, "DONE").offset
    mixed = data[:start] + data[end : chunk(data, "RESI", 0).offset] + other[first:done]
    found = salvage(mixed)
    assert found.share(State.EXACT) == 0
    assert len([tile for tile in found.tiles if "none can be relied on" in tile.reason]) == 16


def test_a_tile_of_a_picture_that_differs_in_one_sample_is_never_called_exact(data: bytes) -> None:
    """Both have the same preview; the tile has the same length, a good digest, and is used up: nothing can tell."""
    mine = chunk(data, "RESI", 5)
    for bit in (1, 2, 4, 8, 16):
        samples = picture()
        samples[10, 305] ^= bit
        other = encoded(samples)
        theirs = chunk(other, "RESI", 5)
        if theirs.length == mine.length and codec.read_info(other).base_hash == codec.read_info(data).base_hash:
            break
    else:
        pytest.fail("no such picture was found")
    stranger = other[theirs.offset : theirs.offset + theirs.length]
    mixed = data[: mine.offset] + stranger + data[mine.offset + mine.length :]
    assert salvage(mixed).share(State.EXACT) == 0  # all is there, and has another hash
    found = salvage(spoiled(mixed, chunk(mixed, "RESI", 9)))
    assert found.share(State.EXACT) == 0
    assert found.share(State.UNPROVEN) > 0.9
    assert not np.array_equal(found.samples[:24, 300:360], picture()[:24, 300:360])


def test_a_tile_that_is_not_used_up_is_no_tile(data: bytes) -> None:
    from hybridcodec_container.chunks import pack_chunk

    for kind in ("BASE", "RESI"):
        report = chunk(data, kind, 2)
        payload = data[report.offset + 16 : report.offset + report.length - 8]
        for altered in (payload + bytes(4), payload[:-4]):
            forged = pack_chunk(kind.encode(), altered, 2)
            found = salvage(data[: report.offset] + forged + data[report.offset + report.length :])
            assert found.share(State.EXACT) == 0
            assert any((tile.index, "length differs" in tile.reason) == (2, True) for tile in found.tiles)
            without_index = spoiled(data, chunk(data, "TIDX"))
            found = salvage(without_index[: report.offset] + forged + data[report.offset + report.length :])
            assert found.share(State.EXACT) == found.share(State.UNPROVEN) == 0


def test_tile_with_a_good_digest_that_is_no_tile_casts_doubt_on_all(data: bytes) -> None:
    from hybridcodec_container.chunks import pack_chunk

    for kind, layer in (("BASE", "base"), ("RESI", "residual")):
        report = chunk(data, kind, 2)
        noise = np.random.default_rng(1).bytes(report.length - 24)
        forged = pack_chunk(kind.encode(), noise, 2)
        found = salvage(data[: report.offset] + forged + data[report.offset + report.length :])
        assert found.share(State.EXACT) == 0, layer


def test_whole_file_is_decoded_with_all_proofs(data: bytes) -> None:
    found = salvage(data)
    assert (found.fault, found.tiles, found.share(State.EXACT)) == ("", (), 1)
    assert np.array_equal(found.samples, picture())
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("hybridcodec.codec._decode_residual", lambda file, base, progress: base)  # noqa: ARG005
        with pytest.raises(MismatchError):
            salvage(data)


def test_preview_alone_never_counts_as_exact(data: bytes, preview: np.ndarray) -> None:
    found = salvage(spoiled(data, chunk(data, "BASE", 7)), layer=Layer.PERCEPTUAL)
    assert found.share(State.EXACT) == 0
    assert np.array_equal(found.samples[:, :300], preview[:, :300])
    extracted = codec.extract(data)
    with pytest.raises(UnsupportedError, match="--layer perceptual"):
        salvage(extracted[:-9])
    assert salvage(extracted[:-9], layer=Layer.PERCEPTUAL).share(State.PREVIEW) == 1


def test_near_lossless_gray_file_keeps_its_bound() -> None:
    samples = picture(channels=1)
    data = encoded(samples, mode=Mode.NEAR_LOSSLESS, max_error=2)
    found = salvage(spoiled(data, chunk(data, "RESI", 9)))
    assert found.samples.shape == (H, W)
    whole = is_whole(found)
    assert np.abs(found.samples[whole].astype(int) - samples[whole]).max() == 2
    assert (found.max_error, found.mode) == (2, Mode.NEAR_LOSSLESS)


def test_nothing_is_made_of_a_file_without_header_or_without_tiles(data: bytes) -> None:
    for end in (0, 7, 16, 40, chunk(data, "BASE", 0).offset + 20):
        with pytest.raises(CorruptFileError):
            salvage(data[:end])
    for kind in ("file", "HEAD"):
        with pytest.raises(CorruptFileError, match="header"):
            salvage(spoiled(data, chunk(data, kind), 12))


def test_chunk_of_a_later_version_is_refused(data: bytes) -> None:
    from hybridcodec_container.chunks import pack_chunk

    at = chunk(data, "RESI", 0).offset
    with pytest.raises(UnsupportedError, match="later version"):
        salvage(data[:at] + pack_chunk(b"ADPT", b"adapted") + data[at:])


def test_command_writes_picture_and_map_says_one_line_and_exits_4(data: bytes, tmp_path: Path) -> None:
    source, target = tmp_path / "photo.hyc", tmp_path / "photo.png"
    source.write_bytes(spoiled(spoiled(data, chunk(data, "RESI", 2)), chunk(data, "BASE", 7)))
    command = [sys.executable, "-m", "hybridcodec", "decode", "--salvage", "-q", str(source), str(target)]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    assert (done.returncode, done.stdout) == (4, "")
    (line,) = done.stderr.splitlines()
    assert "photo.png.damage.png and photo.png.damage.json" in line
    with Image.open(tmp_path / "photo.png.damage.png") as drawn:
        states = np.array(drawn)
        assert drawn.mode == "P"
    assert set(np.unique(states)) == {1, 2, 3}
    with Image.open(target) as opened:
        assert np.array_equal(np.array(opened)[states == 3], picture()[states == 3])
    facts = json.loads((tmp_path / "photo.png.damage.json").read_text())
    assert [(c["kind"], c["index"]) for c in facts["chunks"]] == [("BASE", 7), ("RESI", 2)]
    assert facts["tiles"][0]["box"] == [448, 0, 12, 40]
    assert [state["pixels"] for state in facts["states"]] == [int((states == value).sum()) for value in range(4)]


def test_whole_file_exits_0_and_standard_output_is_refused(data: bytes, tmp_path: Path) -> None:
    source = tmp_path / "photo.hyc"
    source.write_bytes(data)
    result = salvage_file(source, tmp_path / "photo.png")
    assert result.salvaged.fault == ""
    assert not np.array(Image.open(result.map_png)).any()
    with pytest.raises(InputError, match="damage map"):
        salvage_file(source, Path("-"))
    with pytest.raises(InputError, match="exists already"):
        salvage_file(source, tmp_path / "photo.png")

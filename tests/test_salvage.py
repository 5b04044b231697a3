"""A damaged file gives what is whole of it, and calls exact only what its digest proves to be of this picture."""

import json
import subprocess
import sys
from itertools import product
from pathlib import Path

import hybridcodec_container as container
import numpy as np
import pytest
from hybridcodec_container import Tile
from hybridcodec_container.chunks import pack_body, seal_body
from hyc_files import only, rewritten, small_tiles
from PIL import Image

from hybridcodec import codec, residual
from hybridcodec.base.units import STRIDE
from hybridcodec.base.variable.schema import MARGIN
from hybridcodec.errors import CorruptFileError, InputError, MismatchError, UnsupportedError
from hybridcodec.image import Layer, Metadata, Mode
from hybridcodec.provenance import Mark
from hybridcodec.salvage import Salvaged, State, salvage, salvage_file
from hybridcodec.salvage.restore import NO_TILE
from hybridcodec.sources import read_picture
from hybridcodec.sources.parts.xmp import marked

H, W = 40, 460
METADATA = Metadata(exif=b"MM\0*\0\0\0\x08\0\0\0\0\0\0")


def picture(channels: int = 3) -> np.ndarray:
    rows, columns = np.mgrid[:H, :W]
    smooth = 90 + 60 * np.sin(rows / 9 + columns / 23)[..., None] + 12 * np.arange(channels)
    samples = (smooth + np.random.default_rng(3).integers(0, 6, (H, W, channels))).astype(np.uint8)
    return samples[..., 0] if channels == 1 else samples


def encoded(samples: np.ndarray, **settings: object) -> bytes:
    """A file of small tiles: 8 of the base, 2 x 8 of the residual."""
    with small_tiles(64, (24, 60)):
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
    exact, nothing = is_exact(found), found.states == State.NOTHING
    assert np.array_equal(found.samples[exact], samples[exact])
    assert set(np.unique(found.samples[nothing])) <= {40, 128, 216}
    if not nothing.any():
        assert np.array_equal(found.samples[~exact], preview[~exact])


def is_exact(found: Salvaged) -> np.ndarray:
    """Whether each pixel is called exact, (H, W)."""
    return found.states == State.EXACT


def out_of_reach(base_tile: int) -> np.ndarray:
    """Whether each column lies in a tile of 60 that a base tile of 64 with the generator's margin does not touch."""
    margin, first = STRIDE * MARGIN, 60 * (np.arange(460) // 60)
    return (first >= 64 * (base_tile + 1) + margin) | (first + 60 <= 64 * base_tile - margin)


CHUNKS = [("RLYR", 0), ("exif", 0), ("DONE", 0)]
TILES = [("BASE", n) for n in range(8)] + [("RESI", n) for n in range(16)]


@pytest.mark.parametrize(("kind", "index"), CHUNKS + TILES)
@pytest.mark.parametrize("place", [2, 20], ids=["header", "payload"])
def test_what_is_called_exact_is_exact_whichever_chunk_is_damaged(
    data: bytes, preview: np.ndarray, kind: str, index: int, place: int
) -> None:
    found = salvage(spoiled(data, chunk(data, kind, index), place))
    assert found.fault
    require_honest(found, picture(), preview)
    if kind == "RESI":
        assert [(tile.layer, tile.index, tile.state) for tile in found.tiles] == [("residual", index, State.PREVIEW)]
        assert found.share(State.EXACT) > 0.9
    elif kind == "RLYR":
        assert found.share(State.PREVIEW) == 1
        assert "residual layer is lost" in found.tiles[0].reason
    elif kind == "BASE":
        lost = found.tiles[0]
        assert (lost.layer, lost.index, lost.state) == ("base", index, State.NOTHING)
        assert (found.states[lost.box.rows, lost.box.columns] == State.NOTHING).all()
        assert np.array_equal(is_exact(found).all(axis=0), out_of_reach(index))
    else:
        assert found.share(State.EXACT) == 1
    assert found.metadata == (Metadata() if kind == "exif" else METADATA)


def test_a_lost_base_tile_reaches_as_far_as_the_generator_sees_and_no_further(data: bytes) -> None:
    found = salvage(spoiled(data, chunk(data, "BASE", 0)))
    columns = np.flatnonzero(is_exact(found).any(axis=0))
    assert (columns.min(), columns.max()) == (240, 459)  # columns 0 to 64 and 176 beyond, in tiles of 60
    assert {tile.index % 8 for tile in found.tiles if tile.layer == "residual"} == {0, 1, 2, 3}


def test_a_file_cut_anywhere_gives_no_false_pixel(data: bytes, preview: np.ndarray) -> None:
    start = chunk(data, "BASE", 0).offset + chunk(data, "BASE", 0).length
    shares = []
    for end in np.linspace(start, len(data) - 1, 15).astype(int):
        found = salvage(data[:end])
        require_honest(found, picture(), preview)
        shares.append((found.share(State.NOTHING), float(is_exact(found).mean())))
    assert shares[0][0] > 0.5
    assert shares[-1] == (0, 1)
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
        assert is_exact(found).mean() >= share


def test_a_tile_of_another_picture_is_not_taken_for_one_of_this(data: bytes, preview: np.ndarray) -> None:
    other = encoded(255 - picture())
    for kind in ("RESI", "BASE"):
        mine, theirs = chunk(data, kind, 5), chunk(other, kind, 5)
        stranger = other[theirs.offset : theirs.offset + theirs.length]
        swapped = data[: mine.offset] + stranger + data[mine.offset + mine.length :]
        found = salvage(swapped)
        require_honest(found, picture(), preview)
        assert found.tiles[0].index == 5
        assert "its digest does not hold" in found.tiles[0].reason
        added = salvage(data[: mine.offset] + stranger + data[mine.offset :])
        require_honest(added, picture(), preview)
        assert added.share(State.EXACT) == 1


def test_layers_of_another_picture_are_not_taken_for_those_of_this(data: bytes, preview: np.ndarray) -> None:
    other = encoded(np.roll(picture(), 1, axis=0))
    first, done = chunk(other, "RLYR").offset, chunk(other, "DONE").offset
    found = salvage(data[: chunk(data, "RLYR").offset] + other[first:done])
    require_honest(found, picture(), preview)
    assert found.share(State.EXACT) == 0


def test_tiles_that_are_whole_and_still_not_the_picture_are_not_called_exact(data: bytes) -> None:
    other = only(encoded(np.roll(picture(), 1, axis=0)))
    forged = rewritten(data, residual={"tiles": other.residual.tiles})
    found = salvage(forged[:-9])
    assert found.share(State.EXACT) == 0
    assert len(found.tiles) == 16
    assert {tile.reason for tile in found.tiles} == {NO_TILE}  # their streams are not used up above another preview


def test_a_tile_of_a_picture_that_differs_in_one_sample_is_damage(data: bytes, preview: np.ndarray) -> None:
    """Both have the same preview, and the tile has the same length and is used up: only the identity tells."""
    mine = chunk(data, "RESI", 5)
    for place, bit in product(range(305, 311), (1, 2, 4, 8, 16)):
        samples = picture()
        samples[10, place] ^= bit
        other = encoded(samples)
        theirs = chunk(other, "RESI", 5)
        if theirs.length == mine.length and codec.read_info(other).base_hash == codec.read_info(data).base_hash:
            break
    else:
        pytest.fail("no such picture was found")
    stranger = other[theirs.offset : theirs.offset + theirs.length]
    mixed = data[: mine.offset] + stranger + data[mine.offset + mine.length :]
    for damaged in (mixed, spoiled(mixed, chunk(mixed, "RESI", 9))):
        found = salvage(damaged)
        require_honest(found, picture(), preview)
        assert 0.8 < found.share(State.EXACT) < 1
        assert 5 in {tile.index for tile in found.tiles}


def test_a_tile_that_is_not_used_up_is_no_tile(data: bytes) -> None:
    for layer in ("base", "residual"):
        own = list(getattr(only(data), layer).tiles)
        payload = own[2].payload
        for altered in (payload + bytes(4), payload[:-4]):
            own[2] = Tile.of(own[2].coder, altered)
            forged = rewritten(data, **{layer: {"tiles": tuple(own)}})
            for damaged in (forged, forged[:-9]):
                assert salvage(damaged).share(State.EXACT) == 0, layer


def test_tile_with_a_good_digest_that_is_no_tile_casts_doubt_on_all(data: bytes) -> None:
    picture = only(data)
    for layer in ("base", "residual"):
        own = list(getattr(picture, layer).tiles)
        own[2] = Tile.of(own[2].coder, np.random.default_rng(1).bytes(own[2].length))
        found = salvage(rewritten(data, **{layer: {"tiles": tuple(own)}})[:-9])
        assert found.share(State.EXACT) == 0, layer


def test_whole_file_is_decoded_with_all_proofs(data: bytes) -> None:
    found = salvage(data)
    assert (found.fault, found.tiles, found.share(State.EXACT)) == ("", (), 1)
    assert np.array_equal(found.samples, picture())
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("hybridcodec.residual.decode_residual", lambda tiles, ground, *_, **__: ground.base)  # noqa: ARG005
        with pytest.raises(MismatchError):
            salvage(data)


def test_preview_alone_never_counts_as_exact(data: bytes, preview: np.ndarray) -> None:
    found = salvage(spoiled(data, chunk(data, "BASE", 7)), layer=Layer.PERCEPTUAL)
    assert found.share(State.EXACT) == 0
    assert np.array_equal(found.samples[:, :272], preview[:, :272])
    extracted = codec.extract(data)
    with pytest.raises(UnsupportedError, match="--layer perceptual"):
        salvage(extracted[:-9])
    assert salvage(extracted[:-9], layer=Layer.PERCEPTUAL).share(State.PREVIEW) == 1


def test_near_lossless_gray_file_of_several_tiles_keeps_its_bound(monkeypatch: pytest.MonkeyPatch) -> None:
    samples = picture(channels=1)
    monkeypatch.setattr("hybridcodec.residual.choice.candidates", lambda *_, **__: (residual.coder_for("adaptive-1"),))
    data = encoded(samples, mode=Mode.NEAR_LOSSLESS, max_error=2)
    found = salvage(spoiled(data, chunk(data, "RESI", 9)))
    assert found.samples.shape == (H, W)
    whole = is_exact(found)
    assert np.abs(found.samples[whole].astype(int) - samples[whole]).max() == 2
    assert (found.max_error, found.mode) == (2, Mode.NEAR_LOSSLESS)


def test_nothing_is_made_of_a_file_without_header_or_without_tiles(data: bytes) -> None:
    for end in (0, 7, 16, 40, chunk(data, "BASE", 0).offset + 20):
        with pytest.raises(CorruptFileError):
            salvage(data[:end])
    with pytest.raises(CorruptFileError, match="header"):
        salvage(spoiled(data, chunk(data, "HEAD"), 12))
    assert salvage(spoiled(data, chunk(data, "file"), 12)).share(State.EXACT) == 1  # the version is in no doubt


def test_chunk_of_a_later_version_is_refused(data: bytes) -> None:
    at, stranger = chunk(data, "RESI", 0).offset, seal_body(pack_body(b"ADPT", b"adapted"), only(data).header.identity)
    with pytest.raises(UnsupportedError, match="later version"):
        salvage(data[:at] + stranger + data[at:])


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
    assert set(np.unique(states)) == {0, 1, 2}
    with Image.open(target) as opened:
        assert np.array_equal(np.array(opened)[states == 0], picture()[states == 0])
    facts = json.loads((tmp_path / "photo.png.damage.json").read_text())
    assert [(c["kind"], c["index"]) for c in facts["chunks"]] == [("BASE", 7), ("RESI", 2)]
    assert facts["tiles"][0]["box"] == [448, 0, 12, 40]
    assert [state["pixels"] for state in facts["states"]] == [int((states == value).sum()) for value in range(3)]


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


def test_a_picture_with_pixels_of_the_preview_says_so_in_its_metadata(data: bytes, tmp_path: Path) -> None:
    for name, kind, mark in (("whole", "", Mark.NONE), ("lost", "RESI", Mark.LEARNED)):
        source = tmp_path / f"{name}.hyc"
        source.write_bytes(spoiled(data, chunk(data, kind, 0)) if kind else data)
        result = salvage_file(source, tmp_path / f"{name}.png")
        assert result.salvaged.mark is mark
        assert read_picture(tmp_path / f"{name}.png").metadata.xmp == marked(METADATA.xmp, mark)

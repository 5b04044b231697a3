"""A .hyc file gives back the file that it was made of, or one of our errors."""

import hashlib
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from hybridcodec_container import Piece, Recipe, Serial, Source, read_container, write_container
from keeping_files import kept_as, picture, rows_of, smooth

from hybridcodec import codec
from hybridcodec.errors import (
    CorruptFileError,
    HybridcodecError,
    InputError,
    LimitError,
    MismatchError,
    UnsupportedError,
)
from hybridcodec.files import restore_file
from hybridcodec.keeping import rebuild_source, restores, source_of
from hybridcodec.sources.format import Stream

SAMPLES = smooth(12, 17)
ORIGINAL = b"P6\n17 12\n255\n" + SAMPLES.tobytes() + b"more"


@pytest.fixture(scope="module")
def pictures() -> tuple:
    return read_container(codec.encode(SAMPLES)).pictures


@pytest.fixture(scope="module")
def kept(pictures: tuple) -> bytes:
    what = picture(SAMPLES)
    source = kept_as(ORIGINAL, what, Stream(((13, SAMPLES.size),), "raw", 0, rows_of(what)))
    return write_container(pictures, source)


def test_the_same_file_comes_back(kept: bytes) -> None:
    assert b"".join(rebuild_source(kept)) == ORIGINAL
    recipe = restores(kept)
    assert recipe is not None
    assert recipe.file_hash == hashlib.sha256(ORIGINAL).digest()


def test_files_that_keep_pictures_alone_say_so(pictures: tuple) -> None:
    data = write_container(pictures)
    assert restores(data) is None
    with pytest.raises(UnsupportedError, match="keeps pictures alone"):
        next(rebuild_source(data))
    with pytest.raises(InputError, match="bytes"):
        next(rebuild_source("no bytes"))


def test_cuts_and_flips_give_our_errors_and_never_another_file(kept: bytes) -> None:
    random = np.random.default_rng(7)
    places = random.integers(0, len(kept), 60)
    for damaged in (*(kept[:place] for place in places), *(flipped(kept, int(place)) for place in places)):
        try:
            found = b"".join(rebuild_source(damaged))
        except HybridcodecError:
            continue
        assert found == ORIGINAL  # nothing that it is made of was damaged


def flipped(data: bytes, place: int) -> bytes:
    return data[:place] + bytes([data[place] ^ 1 << place % 8]) + data[place + 1 :]


def test_a_recipe_of_another_file_gives_no_last_part(pictures: tuple) -> None:
    size = Serial(order=(0, 1, 2), rows=12)
    pieces = (Piece.literal(5), Piece.samples(0, pictures[0].header, size), Piece.literal(2))
    source = Source.of(Recipe(5 + SAMPLES.size + 2, b"x" * 32, pieces), b"head 42")
    parts = rebuild_source(write_container(pictures, source))
    assert len(next(parts)) == 5
    with pytest.raises(CorruptFileError, match="hash"):
        list(parts)


@pytest.mark.parametrize(
    ("piece", "error"),
    [
        (Piece.named(0, 9, "unheard-of"), UnsupportedError),
        (Piece.named(0, 9, "png"), CorruptFileError),
        (Piece.named(0, 9, "png", Serial(order=(0, 1, 2), rows=13).pack()), CorruptFileError),
        (Piece.named(0, 9, "png", Serial(order=(0,), rows=12).pack()), CorruptFileError),
        (Piece.named(0, 9, "png", Serial(order=(0, 1, 2), rows=12).pack() + bytes(30)), CorruptFileError),
        (Piece.packed(9, 0, "unheard-of"), UnsupportedError),
        (Piece.packed(9, 0, "lepton"), (CorruptFileError, UnsupportedError)),
        (Piece(99, 9), UnsupportedError),
    ],
    ids=str,
)
def test_pieces_that_cannot_be_made_give_our_errors(
    pictures: tuple, piece: Piece, error: type[HybridcodecError]
) -> None:
    data = write_container(pictures, Source.of(Recipe(9, b"x" * 32, (piece,))))
    with pytest.raises(error):
        b"".join(rebuild_source(data))


def test_limits_are_kept_before_anything_is_made(kept: bytes) -> None:
    with pytest.raises(LimitError, match=f"has {len(ORIGINAL)} bytes, the limit is 100"):
        next(rebuild_source(kept, max_bytes=100))
    with pytest.raises(LimitError, match="pixels"):
        b"".join(rebuild_source(kept, max_pixels=5))
    assert b"".join(rebuild_source(kept, max_bytes=None)) == ORIGINAL


def test_restored_file_has_the_name_of_its_content(tmp_path: Path, kept: bytes) -> None:
    source = tmp_path / "photo.hyc"
    source.write_bytes(kept)
    done = restore_file(source)
    assert (done.path.suffix in (".pnm", ".ppm"), done.written_bytes) == (True, len(ORIGINAL))
    assert done.sha256 == hashlib.sha256(done.path.read_bytes()).hexdigest()
    assert done.path.read_bytes() == ORIGINAL
    with pytest.raises(InputError, match="exists already"):
        restore_file(source)
    assert restore_file(source, tmp_path / "x").path.read_bytes() == ORIGINAL
    (tmp_path / "folder").mkdir()
    assert restore_file(source, tmp_path / "folder").path == tmp_path / "folder" / done.path.name


def test_file_of_unknown_content_needs_a_name_and_replaces_only_its_like(tmp_path: Path) -> None:
    source, picture_file = tmp_path / "notes.hyc", tmp_path / "photo.png"
    source.write_bytes(write_container([], source_of(b"what was said")))
    picture_file.write_bytes(b"\x89PNG\r\n\x1a\n")
    with pytest.raises(InputError, match="nothing tells what"):
        restore_file(source)
    assert restore_file(source, tmp_path / "notes.txt").path.read_bytes() == b"what was said"
    assert restore_file(source, tmp_path / "notes.txt", force=True).written_bytes == 13
    for wrong in (picture_file, source, tmp_path / "other.hyc"):
        with pytest.raises(InputError):
            restore_file(source, wrong, force=True)
    named = source.rename(tmp_path / "notes.txt.hyc")
    (tmp_path / "notes.txt").unlink()
    assert restore_file(named).path == tmp_path / "notes.txt"


def test_nothing_is_left_of_a_file_that_does_not_come_back(
    tmp_path: Path, kept: bytes, monkeypatch: pytest.MonkeyPatch
) -> None:
    source = tmp_path / "photo.hyc"
    source.write_bytes(flipped(kept, len(kept) // 2))
    with pytest.raises(HybridcodecError, match=r"photo\.hyc"):
        restore_file(source, tmp_path / "photo.ppm")
    source.write_bytes(kept)
    wrong = SAMPLES.copy()
    wrong[3, 3] ^= 1
    monkeypatch.setattr(codec, "decode", lambda *_, **__: wrong)
    with pytest.raises(CorruptFileError, match="hash"):
        restore_file(source, tmp_path / "photo.ppm")
    monkeypatch.undo()
    monkeypatch.setattr(
        "hybridcodec.storage.files.write_durably", lambda path, data: path.write_bytes(data[:-1] + b"!")
    )
    with pytest.raises(MismatchError, match="disk"):
        restore_file(source, tmp_path / "photo.ppm")
    assert [path.name for path in tmp_path.iterdir()] == ["photo.hyc"]


def test_recipe_with_more_than_one_picture_reads_each_when_it_is_needed(pictures: tuple) -> None:
    size = Serial(order=(0, 1, 2), rows=12)
    pieces = tuple(Piece.samples(number % 2, pictures[0].header, size) for number in range(4))
    whole = SAMPLES.tobytes() * 4
    source = Source.of(Recipe(len(whole), hashlib.sha256(whole).digest(), pieces))
    assert b"".join(rebuild_source(write_container([pictures[0], replace(pictures[0])], source))) == whole

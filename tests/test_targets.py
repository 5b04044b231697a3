"""Nothing is lost under an output: names say what a file is, and `force` replaces only files of the same kind."""

import os
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from hybridcodec.errors import HybridcodecError, InputError
from hybridcodec.files import DecodeSettings, EncodeSettings, decode_file, encode_file, extract_file
from hybridcodec.report import write_report
from hybridcodec.salvage import salvage_file
from hybridcodec.storage.targets import HYC, PAGE, PICTURE, TargetKind, require_target

GOLDEN = Path(__file__).parents[1] / "container" / "golden" / "v2.0" / "pictures" / "rgb.hyc"


@pytest.fixture
def source(tmp_path: Path) -> Path:
    path = tmp_path / "source"
    path.write_bytes(b"the source")
    return path


def refused(path: Path, kind: TargetKind, source: Path, match: str) -> None:
    before = path.read_bytes() if path.exists() else None
    with pytest.raises(InputError, match=match):
        require_target(path, kind, force=True, source=source)
    assert (path.read_bytes() if path.exists() else None) == before


@pytest.mark.parametrize(
    "suffix", [".png", ".PNG", ".jpeg", ".tif", ".heic", ".dng", ".dcm", ".pdf", ".mp4", ".sqlite", ".txt", ".x1"]
)
def test_no_hyc_file_gets_the_name_of_another_kind(tmp_path: Path, source: Path, suffix: str) -> None:
    refused(tmp_path / f"x{suffix}", HYC, source, "is no name for a .hyc file; call it .hyc")


@pytest.mark.parametrize(
    ("kind", "name"),
    [(PICTURE, "x.HYC"), (PICTURE, "l.sqlite"), (PAGE, "x.hyc"), (PAGE, "x.png"), (PAGE, "x.txt"), (PICTURE, "x.txt")],
)
def test_pictures_and_pages_do_not_get_foreign_names(tmp_path: Path, source: Path, kind: TargetKind, name: str) -> None:
    refused(tmp_path / name, kind, source, "is no name for")


BEGINNINGS = [
    (HYC, "x.hyc", b"\x89PNG\r\n\x1a\n", "holds a picture"),
    (HYC, "x.hyc", b"\xff\xd8\xff\xe0", "holds a picture of a kind"),
    (HYC, "x.hyc", b"\0" * 128 + b"DICM", "holds a picture of a kind"),
    (HYC, "x.hyc", b"SQLite format 3\0", "holds a ledger"),
    (HYC, "notes", b"my thesis", "holds something else"),
    (PICTURE, "x.png", b"\x89HYC", "holds a .hyc file"),
    (PICTURE, "x.png", b"SQLite format 3\0", "holds a ledger"),
    (PICTURE, "x.png", b"\xff\xd8\xff\xe0", "holds a picture of a kind"),
    (PICTURE, "notes", b"my thesis", "holds something else"),
    (PAGE, "x.html", b"\x89HYC", "holds a .hyc file"),
    (PAGE, "x.html", b"SQLite format 3\0", "holds a ledger"),
    (PAGE, "x", b"my thesis", "holds something else"),
]


@pytest.mark.parametrize(("kind", "name", "begins", "says"), BEGINNINGS, ids=range(len(BEGINNINGS)))
def test_force_does_not_replace_files_of_another_kind(
    tmp_path: Path, source: Path, kind: TargetKind, name: str, begins: bytes, says: str
) -> None:
    (tmp_path / name).write_bytes(begins + b"and more")
    refused(tmp_path / name, kind, source, says)


@pytest.mark.parametrize(
    ("kind", "name", "begins"),
    [
        (HYC, "x.hyc", b"\x89HYC and damaged"),
        (HYC, "x", b"\x89HYC without a suffix"),
        (HYC, "x.hyc", b"damaged from the start"),
        (HYC, "made by mktemp", b""),
        (PICTURE, "x.png", b"\x89PNG"),
        (PICTURE, "x.tif", b"damaged"),
        (PAGE, "x.html", b"\xef\xbb\xbf <!DOCTYPE html><title>x"),
        (PAGE, "x.htm", b"damaged"),
    ],
)
def test_force_replaces_files_of_its_kind(
    tmp_path: Path, source: Path, kind: TargetKind, name: str, begins: bytes
) -> None:
    (tmp_path / name).write_bytes(begins)
    require_target(tmp_path / name, kind, force=True, source=source)
    with pytest.raises(InputError, match="exists already"):
        require_target(tmp_path / name, kind, force=False, source=source)


@pytest.mark.parametrize("link", [os.symlink, os.link])
def test_source_is_not_replaced_under_another_name(
    tmp_path: Path, source: Path, link: Callable[[Path, Path], None]
) -> None:
    link(source, tmp_path / "x.hyc")
    refused(tmp_path / "x.hyc", HYC, source, "is the input itself")


def test_link_of_a_harmless_name_does_not_lead_to_a_picture(tmp_path: Path, source: Path) -> None:
    (tmp_path / "photo.jpg").write_bytes(b"a photograph")
    (tmp_path / "x.hyc").symlink_to(tmp_path / "photo.jpg")
    refused(tmp_path / "x.hyc", HYC, source, r"photo\.jpg: is no name")
    (tmp_path / "new.hyc").symlink_to(tmp_path / "not yet.png")
    refused(tmp_path / "new.hyc", HYC, source, r"not yet\.png: is no name")


def test_folders_and_devices_are_never_outputs(tmp_path: Path, source: Path) -> None:
    (tmp_path / "folder.hyc").mkdir()
    with pytest.raises(InputError, match="is a folder"):
        require_target(tmp_path / "folder.hyc", HYC, force=True, source=source)
    os.mkfifo(tmp_path / "pipe.hyc")
    for path in (tmp_path / "pipe.hyc", Path("/dev/null")):
        with pytest.raises(InputError, match="is not a regular file"):
            require_target(path, HYC, force=True, source=source)


def test_every_job_on_files_keeps_what_has_its_outputs_name(tmp_path: Path) -> None:
    photo, archive = tmp_path / "photo.png", tmp_path / "archive.hyc"
    Image.fromarray(np.zeros((4, 4, 3), np.uint8)).save(photo)
    archive.write_bytes(GOLDEN.read_bytes())
    other = tmp_path / "other.png"
    other.write_bytes(photo.read_bytes())
    before = {path: path.read_bytes() for path in tmp_path.iterdir()}
    jobs: list[Callable[[], object]] = [
        lambda: encode_file(photo, other, EncodeSettings(), force=True),
        lambda: extract_file(archive, other, force=True),
        lambda: extract_file(archive, archive, force=True),
        lambda: decode_file(archive, archive, DecodeSettings(picture_format="PNG"), force=True),
        lambda: decode_file(GOLDEN, archive, DecodeSettings(picture_format="PNG"), force=True),
        lambda: salvage_file(GOLDEN, archive, picture_format="PNG", force=True),
        lambda: write_report(tmp_path, archive, force=True),
    ]
    for job in jobs:
        with pytest.raises(HybridcodecError):
            job()
    assert {path: path.read_bytes() for path in tmp_path.iterdir()} == before

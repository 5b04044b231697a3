"""What becomes of a source file: it comes back where that is asked for or next to free, else its content does."""

import io
import zlib
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
from dicom_files import dicom
from PIL import Image

from hybridcodec import codec
from hybridcodec.errors import InputError, UnsupportedError
from hybridcodec.fidelity import Fidelity
from hybridcodec.filing import MOST_GROWTH, Terms, file_source
from hybridcodec.keeping import fill_rest, rebuild_source
from hybridcodec.modes import Effort, Keep, Layer, Mode
from hybridcodec.options import Options
from hybridcodec.proof.checks import Asked
from hybridcodec.proof.flags import FlagKind
from hybridcodec.proof.proving import Original, prove
from hybridcodec.sources.reading import read_document

H, W = 40, 56


def photo(channels: int = 3) -> np.ndarray:
    rng = np.random.default_rng(4)
    rows, columns = np.mgrid[:H, :W]
    slope = (rows[..., None] * 2 + columns[..., None] * (1 + np.arange(channels))) % 256
    return np.clip(slope + rng.integers(-4, 5, (H, W, channels)), 0, 255).astype(np.uint8)


def saved(form: str, **options: object) -> bytes:
    stream = io.BytesIO()
    Image.fromarray(photo()).save(stream, form, **options)
    return stream.getvalue()


SOURCES: dict[str, Callable[[], bytes]] = {
    "png": lambda: saved("PNG"),
    "ppm": lambda: saved("PPM"),
    "bmp": lambda: saved("BMP"),
    "jpeg": lambda: saved("JPEG", quality=90),
    "webp": lambda: saved("WEBP", lossless=True),
    "text": lambda: b"no picture at all\n" * 99,
    "nothing": lambda: b"",
    "noise": lambda: np.random.default_rng(1).bytes(5000),
}
READ = ("png", "ppm", "bmp", "jpeg", "webp")


@pytest.mark.parametrize("name", SOURCES)
def test_any_file_comes_back_where_that_is_asked_for_and_grows_by_a_kilobyte_at_most(name: str) -> None:
    stored = SOURCES[name]()
    filed = file_source(stored, Terms(keep=Keep.FILE))
    assert (filed.restores, filed.left_out) == (True, ())
    assert b"".join(rebuild_source(filed.data)) == stored
    assert len(filed.data) <= len(stored) + MOST_GROWTH
    assert codec.read_info(filed.data).restores
    document = read_document(stored) if filed.pictures else None
    assert prove(filed.data, Original(stored, document), Asked(Fidelity())).flags == ()
    assert bool(filed.pictures) != bool(filed.unread)


@pytest.mark.parametrize("name", ["text", "nothing", "noise"])
def test_what_is_no_picture_is_refused_unless_it_is_to_be_kept_as_a_file(name: str) -> None:
    for keep in (Keep.AUTO, Keep.CONTENT):
        with pytest.raises((InputError, UnsupportedError)):
            file_source(SOURCES[name](), Terms(keep=keep))


@pytest.mark.parametrize("name", READ)
def test_content_holds_the_samples_and_no_file(name: str) -> None:
    stored = SOURCES[name]()
    filed = file_source(stored, Terms(keep=Keep.CONTENT))
    assert not filed.restores
    assert np.array_equal(codec.decode(filed.data), read_document(stored).pictures[0].samples)


@pytest.mark.parametrize("name", ["ppm", "bmp", "png"])
def test_a_file_is_kept_by_default_where_that_is_next_to_free(name: str) -> None:
    stored = SOURCES[name]()
    content, auto = (file_source(stored, Terms(keep=keep)) for keep in (Keep.CONTENT, Keep.AUTO))
    assert auto.restores
    assert len(auto.data) - len(content.data) < 512 + 0.02 * len(stored)


@pytest.mark.parametrize("name", ["dicom", "commented"])
def test_a_file_is_kept_by_default_where_more_than_samples_would_be_lost(name: str) -> None:
    stored = SOURCES["png"]()
    text = b"tEXtComment\0" + np.random.default_rng(1).integers(32, 127, 9000, np.uint8).tobytes()
    if name == "commented":
        chunk = (len(text) - 4).to_bytes(4, "big") + text + zlib.crc32(text).to_bytes(4, "big")
        stored = stored[:33] + chunk + stored[33:]
    else:
        pytest.importorskip("pydicom", reason="pydicom is not installed")
        stored = dicom(bytes(16384), Rows=64, Columns=128, PatientName=text)
    assert b"".join(rebuild_source(file_source(stored, Terms()).data)) == stored
    content = file_source(stored, Terms(keep=Keep.CONTENT))
    assert (content.restores, content.left_out) == (False, ())
    assert text[-999:] in b"".join(fill_rest(content.data))


def test_a_jpeg_is_kept_alike_at_every_effort() -> None:
    stored = SOURCES["jpeg"]()
    kept = {effort: file_source(stored, Terms(options=Options(effort=effort))).data for effort in Effort}
    assert len(set(kept.values())) == 1
    assert b"".join(rebuild_source(kept[Effort.FAST])) == stored


def test_a_file_is_not_kept_by_default_where_its_streams_cannot_be_made_again() -> None:
    filed = file_source(SOURCES["webp"](), Terms())
    assert not filed.restores
    assert np.array_equal(codec.decode(filed.data), photo())


def test_a_jpeg_is_kept_as_its_file_with_a_small_preview() -> None:
    stored = SOURCES["jpeg"]()
    filed = file_source(stored, Terms())
    info = codec.read_info(filed.data)
    assert (filed.restores, info.mode) == (True, Mode.PERCEPTUAL)
    assert codec.decode(filed.data, layer=Layer.PERCEPTUAL).ndim == 3


@pytest.mark.parametrize(("mode", "bound"), [(Mode.NEAR_LOSSLESS, 2), (Mode.PERCEPTUAL, 0)])
def test_a_loss_keeps_no_file_unless_asked(mode: Mode, bound: int) -> None:
    stored, fidelity = SOURCES["png"](), Fidelity(mode, bound)
    assert not file_source(stored, Terms(fidelity)).restores
    kept = file_source(stored, Terms(fidelity, keep=Keep.FILE))
    assert b"".join(rebuild_source(kept.data)) == stored
    assert codec.read_info(kept.data).mode is mode


def test_a_proof_compares_the_file_that_comes_back() -> None:
    stored = SOURCES["bmp"]()
    data = file_source(stored, Terms(keep=Keep.FILE)).data
    for other in (stored[:-1], stored + b"x", stored[:-1] + bytes([stored[-1] ^ 1])):
        flags = prove(data, Original(other, read_document(stored)), Asked(Fidelity())).flags
        assert [flag.kind for flag in flags] == [FlagKind.FILE_DIFFERS]


def test_pages_are_compared_one_by_one(tmp_path: Path) -> None:
    pages = [Image.fromarray(np.roll(photo(), 5 * n, 0)) for n in range(3)]
    path = tmp_path / "pages.tif"
    pages[0].save(path, save_all=True, append_images=pages[1:])
    stored = path.read_bytes()
    filed = file_source(stored, Terms(keep=Keep.FILE))
    assert (filed.pictures, codec.read_info(filed.data).pictures) == (3, 3)
    assert prove(filed.data, Original(stored, read_document(stored)), Asked(Fidelity())).flags == ()
    pages[2] = Image.fromarray(255 - photo())
    pages[0].save(path, save_all=True, append_images=pages[1:])
    flags = prove(filed.data, Original(stored, read_document(path)), Asked(Fidelity())).flags
    assert {flag.detail.partition(":")[0] for flag in flags} == {"picture 2"}

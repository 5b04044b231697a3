"""A new coder, a new architecture and a new picture format are a new file each (`toys`) and one line that names it."""

import hashlib
import shutil
from pathlib import Path

import base_models
import click
import numpy as np
import pytest
from hybridcodec_container import Tile
from hyc_files import only, rewritten, small_tiles, tiles
from numpy.typing import NDArray
from safetensors.numpy import save
from toys.mean_colour import FLAT_GRAY, MeanColour
from toys.packed_deltas import PackedDeltas
from toys.plain_picture import MARK, TOY, packed

import hybridcodec
from hybridcodec import codec, loading, models
from hybridcodec.base import coders as base_coders
from hybridcodec.cli import decode
from hybridcodec.errors import CorruptFileError, HybridcodecError, InputError, UnsupportedError
from hybridcodec.files import EncodeSettings, encode_file, verify_file
from hybridcodec.image import Picture
from hybridcodec.models import store
from hybridcodec.models.shipped import SHIPPED, Shipped
from hybridcodec.pipeline.listing import Listing
from hybridcodec.pipeline.others import Kind
from hybridcodec.residual import Ground, Quantiser, encode_residual
from hybridcodec.residual import coders as residual_coders
from hybridcodec.salvage import salvage
from hybridcodec.sources import format_for, formats, read_picture, write_picture
from hybridcodec.storage import targets
from hybridcodec.tiling import Tiling

U8 = NDArray[np.uint8]
H, W = 40, 50


@pytest.fixture
def picture() -> U8:
    return base_models.photograph_like(H, W)


@pytest.fixture
def packed_deltas(monkeypatch: pytest.MonkeyPatch) -> PackedDeltas:
    coder = PackedDeltas()
    monkeypatch.setattr(residual_coders, "CODERS", (*residual_coders.CODERS, coder))
    return coder


@pytest.fixture
def mean_colour(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> str:
    """The digest of the toy's model, which the encoder takes."""
    folder = tmp_path / "models"
    shutil.copytree(store.FOLDER, folder, ignore=lambda _, names: [n for n in names if not n.endswith(".safetensors")])
    data = save({"step": np.array(9, np.int32)})
    (folder / "toy.safetensors").write_bytes(data)
    digest = hashlib.sha256(data).hexdigest()
    monkeypatch.setattr(store, "FOLDER", folder)
    monkeypatch.setattr(models, "DEFAULT_BASE", digest)
    monkeypatch.setattr(base_coders, "CODERS", (*base_coders.CODERS, MeanColour()))
    monkeypatch.setitem(SHIPPED, "toy", Shipped(digest, MeanColour.architecture, "toy"))
    return digest


@pytest.fixture
def toy_format(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(formats, "FORMATS", (*formats.FORMATS, TOY))


def recoded(data: bytes, picture: U8, coder: PackedDeltas, max_error: int = 0) -> tuple[Tile, ...]:
    """The residual tiles of a file, by another coder."""
    layer = only(data).residual
    assert layer is not None
    ground = Ground(3, Quantiser(max_error), codec.decode(data, layer="perceptual"))
    found = encode_residual(picture, ground, coder, Tiling(H, W, layer.tile_height, layer.tile_width))
    return tuple(Tile.of(tile.coder, tile.payload) for tile in found)


@pytest.mark.parametrize("max_error", [0, 3])
def test_tiles_of_a_new_coder_decode_with_every_proof(picture: U8, packed_deltas: PackedDeltas, max_error: int) -> None:
    with small_tiles(128, (16, 32)):
        data = hybridcodec.encode(picture, mode="near-lossless" if max_error else "lossless", max_error=max_error)
    own = recoded(data, picture, packed_deltas, max_error)
    made = rewritten(data, residual={"models": (), "tiles": own})
    info = codec.check(made)
    assert (info.coders, info.residual_models) == ((PackedDeltas.number,), ())
    assert (hybridcodec.decode(made) == hybridcodec.decode(data)).all()
    assert salvage(made).fault == ""


def test_two_coders_share_a_layer(picture: U8, packed_deltas: PackedDeltas) -> None:
    with small_tiles(128, (16, 32)):
        data = hybridcodec.encode(picture)
    layer = only(data).residual
    assert layer is not None
    own = recoded(data, picture, packed_deltas)
    mixed = tuple(b if number % 2 else a for number, (a, b) in enumerate(zip(layer.tiles, own, strict=True)))
    made = rewritten(data, residual={"tiles": mixed})
    assert codec.check(made).coders == (6, PackedDeltas.number)
    assert (hybridcodec.decode(made) == picture).all()


def test_a_bad_tile_of_a_new_coder_is_an_error(picture: U8, packed_deltas: PackedDeltas) -> None:
    with small_tiles(128, (16, 32)):
        data = hybridcodec.encode(picture)
    own = recoded(data, picture, packed_deltas)
    bad = tiles(PackedDeltas.number, b"no zlib" * 9)
    made = rewritten(data, residual={"models": (), "tiles": (*bad, *own[1:])})
    with pytest.raises(CorruptFileError, match="packed deltas cannot be unpacked"):
        hybridcodec.decode(made)


def test_neighbours_of_a_damaged_tile_of_a_new_coder_are_saved(picture: U8, packed_deltas: PackedDeltas) -> None:
    with small_tiles(128, (16, 32)):
        data = hybridcodec.encode(picture)
    own = recoded(data, picture, packed_deltas)
    made = bytearray(rewritten(data, residual={"models": (), "tiles": own}))
    made[made.index(own[0].payload or b"?") + 20] ^= 1
    saved = salvage(bytes(made))
    assert saved.fault
    assert (saved.samples[16:] == picture[16:]).all()
    assert (saved.samples[:16, :32] != picture[:16, :32]).any()


def test_without_its_line_a_coder_is_unknown_and_the_preview_stands(picture: U8) -> None:
    with small_tiles(128, (16, 32)):
        data = hybridcodec.encode(picture)
    made = rewritten(data, residual={"models": (), "tiles": recoded(data, picture, PackedDeltas())})
    with pytest.raises(UnsupportedError, match="residual coder 200"):
        hybridcodec.decode(made)
    assert (hybridcodec.decode(made, layer="perceptual") == hybridcodec.decode(data, layer="perceptual")).all()


@pytest.mark.parametrize("channels", [1, 3])
def test_a_new_architecture_makes_previews(mean_colour: str, channels: int) -> None:
    picture = base_models.photograph_like(H, W, channels)
    data = hybridcodec.encode(picture, options=hybridcodec.Options(preview="full"))
    assert codec.check(data).base_models == (mean_colour,)
    preview = hybridcodec.decode(data, layer="perceptual").reshape(H, W, channels)
    first = preview[:16, :16]
    assert (first == first[0, 0]).all()
    assert np.abs(first[0, 0] - picture[:16, :16].mean((0, 1))).max() <= 9
    assert (hybridcodec.decode(data).reshape(picture.shape) == picture).all()
    assert (hybridcodec.decode(hybridcodec.extract(data), layer="perceptual").reshape(preview.shape) == preview).all()


def test_what_arrived_of_a_preview_of_a_new_architecture_is_had(mean_colour: str, picture: U8) -> None:
    data = hybridcodec.encode(picture, mode="perceptual")
    assert codec.read_info(data).base_models == (mean_colour,)
    whole, (cut, arrived) = hybridcodec.decode(data, layer="perceptual"), codec.decode_cut(data[:-80])
    assert 0 < arrived < 1
    assert (cut[:16] == whole[:16]).all()
    assert (cut[-1, -1] == FLAT_GRAY).all()


def test_without_its_lines_a_model_is_named_and_refused(
    mean_colour: str, picture: U8, monkeypatch: pytest.MonkeyPatch
) -> None:
    data = hybridcodec.encode(picture, mode="perceptual")
    monkeypatch.delitem(SHIPPED, "toy")
    loading.forget()
    with pytest.raises(HybridcodecError, match=mean_colour):
        hybridcodec.decode(data, layer="perceptual")


@pytest.mark.usefixtures("toy_format")
def test_a_new_picture_format_is_read_proven_and_written(tmp_path: Path, picture: U8) -> None:
    source, target = tmp_path / "a.toy", tmp_path / "a.hyc"
    source.write_bytes(packed(picture))
    assert (read_picture(source).samples == picture).all()
    assert encode_file(source, target, EncodeSettings(verify=True)).verified
    assert verify_file(target, against=source).mode == "lossless"
    assert format_for(source) == "TOY"
    assert write_picture(Picture.of(picture, metadata=read_picture(source).metadata), "TOY").data == source.read_bytes()
    assert read_picture(source.read_bytes() + b"more").left_out == ("4 bytes behind the samples",)


@pytest.mark.usefixtures("toy_format")
def test_a_new_picture_format_is_met_in_folders_and_named_in_messages(tmp_path: Path, picture: U8) -> None:
    for name in ("a.toy", "b.TOY", "c.other"):
        (tmp_path / name).write_bytes(packed(picture))
    met = {Path(entry.source).name: entry.kind for entry in Listing([str(tmp_path)], tmp_path.parent / "out")}
    assert met == {"a.toy": Kind.PICTURE, "b.TOY": Kind.PICTURE, "c.other": Kind.OTHER}
    (named,) = Listing([str(tmp_path / "c.other")], tmp_path.parent / "out")
    assert named.kind is Kind.PICTURE
    with pytest.raises(InputError, match="expected one of DICOM, PNG, JPEG, TIFF, BMP, PPM, WEBP, NPY, TOY"):
        read_picture(b"nothing known")
    with pytest.raises(InputError, match="cut off"):
        read_picture(packed(picture)[:-1])
    png = write_picture(Picture.of(picture)).data
    assert read_picture(png + MARK).left_out == ("8 bytes behind the end of the PNG (looks like a toy picture)",)


def test_no_two_coders_formats_or_models_share_a_name() -> None:
    for coders in (base_coders.CODERS, residual_coders.CODERS):
        assert len({coder.number for coder in coders}) == len({coder.name for coder in coders}) == len(coders)
    suffixes = [suffix for form in formats.FORMATS for suffix in form.suffixes]
    assert len(set(suffixes)) == len(suffixes)
    assert len({form.name for form in formats.FORMATS}) == len(formats.FORMATS)
    assert len({shipped.digest for shipped in SHIPPED.values()}) == len(SHIPPED)


def test_names_of_outputs_and_formats_of_pictures_agree() -> None:
    assert targets.PICTURE.suffixes == set(formats.written())
    assert {suffix for form in formats.FORMATS for suffix in form.suffixes} <= targets.PICTURE_SUFFIXES
    (option,) = (parameter for parameter in decode.command.params if parameter.name == "picture_format")
    assert isinstance(option.type, click.Choice)
    assert {choice.upper() for choice in option.type.choices} == set(formats.written().values())

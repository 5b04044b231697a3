"""The texture head: exact integers, no seams, and what a file with a display picture says of itself."""

from pathlib import Path

import base_models
import hybridcodec_container as container
import numpy as np
import pytest
from hyc_files import only, rewritten

from hybridcodec import Layer, Mode, Options, check, decode, encode, errors, extract, read_info
from hybridcodec.base import drawing
from hybridcodec.base.variable.schema import FEATURES, QUALITIES
from hybridcodec.files import DecodeSettings, decode_file
from hybridcodec.generative.coder import Beneath
from hybridcodec.generative.texture import encoder
from hybridcodec.generative.texture.decoder import decode_display
from hybridcodec.generative.texture.model import TextureModel
from hybridcodec.generative.texture.schema import KNOT
from hybridcodec.integer import FLOAT32_LIMIT, reference
from hybridcodec.loading import load_base
from hybridcodec.models import DEFAULT_BASE, DEFAULT_DISPLAY, load_tensors
from hybridcodec.sources import read_picture
from hybridcodec.tiling import Tiling


@pytest.fixture(scope="module")
def model() -> TextureModel:
    return TextureModel.from_tensors(load_tensors(DEFAULT_DISPLAY))


@pytest.fixture(scope="module")
def data() -> bytes:
    return encode(base_models.photograph_like(70, 90), mode=Mode.PERCEPTUAL)


def beneath(data: bytes, channels: int = 3) -> tuple[bytes, Beneath]:
    picture = only(data)
    layer, header = picture.base, picture.header
    tiling = Tiling(header.height, header.width, layer.tile_height, layer.tile_width)
    tiles = [tile.payload for tile in layer.tiles]
    return picture.display.common, Beneath(load_base(DEFAULT_BASE).model, layer.common, tiles, channels, tiling)


def test_every_layer_is_proven_in_float32_and_equals_the_reference_at_the_extremes(model: TextureModel) -> None:
    rng = np.random.default_rng(1)
    for network in (model.body, model.colour, model.grain):
        assert network.bound < FLOAT32_LIMIT
        x = rng.choice([network.inputs.low, 0, network.inputs.high], (3, 2, FEATURES))
        assert (network(x).astype(np.int64) == reference.run(network, x)).all(), network.name


def test_every_quality_has_an_offset_and_rows_are_met(model: TextureModel) -> None:
    for quality in (0, 1, KNOT - 1, KNOT, QUALITIES - 1):
        features = np.zeros((1, 1, FEATURES), np.float32)
        assert np.isfinite(model.draw(features, quality)[0]).all()
    assert (model._offset(KNOT) == model.offsets[1]).all()


@pytest.mark.parametrize("name", ["body.res4xa.weight", "offsets", "grain.out.limits"])
def test_a_model_with_an_array_missing_is_refused(name: str) -> None:
    tensors = dict(load_tensors(DEFAULT_DISPLAY))
    del tensors[name]
    with pytest.raises(errors.ModelError, match="does not match"):
        TextureModel.from_tensors(tensors)


def test_outputs_that_could_overflow_are_refused() -> None:
    tensors = dict(load_tensors(DEFAULT_DISPLAY))
    tensors["colour.out.limits"] = np.array([-5000, 5000], np.int32)
    with pytest.raises(errors.ModelError, match="colour"):
        TextureModel.from_tensors(tensors)


def test_neither_windows_nor_threads_leave_a_trace(data: bytes, model: TextureModel) -> None:
    common, below = beneath(data)
    whole = decode_display(common, below, model)
    for window in (1, 3):
        assert (decode_display(common, below, model, window=window) == whole).all()
    features = np.random.default_rng(3).integers(-300, 300, (40, 31, FEATURES)).astype(np.float32)
    one, three = model.draw(features, 400, 1), model.draw(features, 400, 3)
    assert all((a == b).all() for a, b in zip(one, three, strict=True))


@pytest.mark.parametrize("channels", [1, 3])
def test_a_picture_that_is_drawn_twice_in_small_windows_gives_the_same_file(
    monkeypatch: pytest.MonkeyPatch, channels: int
) -> None:
    samples = base_models.photograph_like(70, 90, channels)
    expected = encode(samples, mode=Mode.PERCEPTUAL)
    monkeypatch.setattr(drawing, "HELD", 0)
    monkeypatch.setattr(encoder, "WINDOW", 3)
    assert encode(samples, mode=Mode.PERCEPTUAL) == expected
    assert check(expected).generated


def test_a_base_picture_that_is_not_the_one_encoded_is_noticed_though_the_display_picture_is(data: bytes) -> None:
    wrong = rewritten(data, base={"sample_hash": bytes([7] * 32)})
    with pytest.raises(errors.MismatchError, match="preview"):
        check(wrong)
    assert decode(wrong, layer="perceptual").shape == (70, 90, 3)


def test_a_perceptual_file_shows_a_generated_picture_and_says_so(data: bytes) -> None:
    info = check(data)
    assert info.generated
    assert info.display_models == (DEFAULT_DISPLAY,)
    shown, base = decode(data, layer=Layer.PERCEPTUAL), decode(data, layer=Layer.BASE)
    assert container.hash_samples(shown).hex() == info.display_hash
    assert container.hash_samples(base).hex() == info.base_hash
    assert not np.array_equal(shown, base)


def test_the_display_picture_keeps_the_mean_colour() -> None:
    samples = base_models.photograph_like(96, 128)
    shown = decode(encode(samples, mode=Mode.PERCEPTUAL), layer=Layer.PERCEPTUAL)
    assert np.abs(samples.mean((0, 1)) - shown.mean((0, 1))).max() < 0.1


def test_without_a_display_layer_the_base_picture_is_shown_and_nothing_was_generated() -> None:
    samples = base_models.photograph_like(30, 40)
    data = encode(samples, mode=Mode.PERCEPTUAL, options=Options(display=False))
    assert not read_info(data).generated
    assert np.array_equal(decode(data, layer="perceptual"), decode(data, layer="base"))


def test_a_lossless_file_has_no_display_layer_and_neither_has_what_is_extracted_of_it() -> None:
    samples = base_models.photograph_like(30, 40)
    data = encode(samples)
    assert data == encode(samples, options=Options(display=False))
    for file in (data, extract(data)):
        assert not read_info(file).generated
        assert np.array_equal(decode(file, layer="perceptual"), decode(file, layer="base"))


def test_a_display_layer_that_arrived_damaged_is_noticed(data: bytes) -> None:
    common = only(data).display.common
    wrong = rewritten(data, display={"common": bytes([common[0] ^ 5, *common[1:]])})
    for proof in (check, lambda file: decode(file, layer="perceptual")):
        with pytest.raises(errors.MismatchError, match="display picture"):
            proof(wrong)
    with pytest.raises(errors.CorruptFileError, match="colour correction"):
        check(rewritten(data, display={"common": b""}))
    assert np.array_equal(decode(wrong, layer="base"), decode(data, layer="base"))


def test_where_the_display_model_is_not_known_the_base_picture_is_shown_and_a_proof_names_it(data: bytes) -> None:
    strange = rewritten(data, display={"models": (bytes(range(32)),)})
    with pytest.raises(errors.ModelError, match="000102"):
        check(strange)
    assert np.array_equal(decode(strange, layer="perceptual"), decode(data, layer="base"))
    with pytest.raises(errors.CorruptFileError, match="one model"):
        decode(rewritten(data, display={"models": ()}), layer="perceptual")


def test_a_size_that_is_asked_for_holds_with_the_display_layer() -> None:
    samples = base_models.photograph_like(200, 260)
    data = encode(samples, mode=Mode.PERCEPTUAL, options=Options(target_size=3000))
    assert read_info(data).display_bytes > 0
    assert abs(len(data) - 3000) < 30


@pytest.mark.parametrize("layer", [Layer.PERCEPTUAL, Layer.BASE])
def test_a_whole_file_decoded_in_part_gives_the_layer_that_was_asked_for(
    tmp_path: Path, data: bytes, layer: Layer
) -> None:
    (tmp_path / "a.hyc").write_bytes(data)
    for partial in (False, True):
        target = tmp_path / f"{partial}.png"
        result = decode_file(tmp_path / "a.hyc", target, DecodeSettings(layer=layer, partial=partial))
        found = read_picture(target)
        assert result.layer is layer
        assert np.array_equal(found.samples, decode(data, layer=layer))
        assert (b"compositeWithTrained" in found.metadata.xmp) == (layer is Layer.PERCEPTUAL)


def test_where_the_display_picture_did_not_arrive_or_is_not_known_the_base_picture_is_said_and_marked(
    tmp_path: Path, data: bytes
) -> None:
    strange = rewritten(data, display={"models": (bytes(range(32)),)})
    cut = data[: data.index(b"dlyr") - 4]
    for name, file, partial in (("strange", strange, False), ("cut", cut, True)):
        (tmp_path / f"{name}.hyc").write_bytes(file)
        target = tmp_path / f"{name}.png"
        settings = DecodeSettings(layer=Layer.PERCEPTUAL, partial=partial)
        result = decode_file(tmp_path / f"{name}.hyc", target, settings)
        assert result.layer is Layer.BASE
        found = read_picture(target)
        assert b"algorithmicallyEnhanced" in found.metadata.xmp
        if result.arrived == 1:
            assert np.array_equal(found.samples, decode(data, layer=Layer.BASE))

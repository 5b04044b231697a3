"""Whole files: what goes in comes out, and what was damaged never passes for a picture."""

import json
import shutil
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import base_models
import hybridcodec_container as container
import numpy as np
import pytest
from hybridcodec_container import ContainerMode, Role
from hyc_files import only, rewritten, tiles
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.typing import NDArray

from hybridcodec import (
    Info,
    Layer,
    Metadata,
    Mode,
    Options,
    check,
    decode,
    decode_cut,
    encode,
    errors,
    extract,
    loading,
    read_info,
    read_metadata,
)
from hybridcodec.models import DEFAULT_BASE, DEFAULT_RESIDUAL, store
from hybridcodec.residual.adaptive.coder import Adaptive

U8 = NDArray[np.uint8]
METADATA = Metadata(icc=bytes(range(256)) * 3, exif=b"II*\0\x08\0\0\0", xmp=b"<x/>")


def picture(height: int, width: int, channels: int = 3, seed: int = 1) -> U8:
    return base_models.photograph_like(height, width, channels, seed)


def hash_of(samples: U8) -> str:
    return container.hash_samples(samples.reshape(*samples.shape[:2], -1)).hex()


@pytest.fixture(scope="module")
def small() -> tuple[U8, bytes]:
    """A picture and its lossless file with metadata."""
    samples = picture(19, 23)
    return samples, encode(samples, metadata=METADATA)


@settings(max_examples=25, deadline=None)
@given(st.integers(1, 40), st.integers(1, 40), st.sampled_from([1, 3]), st.integers(0, 5), st.integers(0, 2**32 - 1))
def test_lossless_files_give_every_sample_back(height: int, width: int, channels: int, kind: int, seed: int) -> None:
    samples = generated(kind, height, width, channels, seed)
    data = encode(samples)
    decoded = decode(data)
    assert decoded.dtype == np.uint8
    assert np.array_equal(decoded, samples[..., 0] if channels == 1 else samples)


def generated(kind: int, height: int, width: int, channels: int, seed: int) -> U8:
    """Noise, a constant, checkers, a gradient, extremes or something like a photograph."""
    rng = np.random.default_rng(seed)
    shape = (height, width, channels)
    y, x, c = np.indices(shape)
    made = (
        rng.integers(0, 256, shape),
        np.full(shape, rng.integers(256)),
        (y + x) % 2 * 255,
        (3 * y + 5 * x + 40 * c) % 256,
        rng.choice([0, 255], shape),
        picture(height, width, channels, seed),
    )
    return made[kind].astype(np.uint8)


def test_gray_comes_back_without_a_channel_axis_however_it_was_given() -> None:
    samples = picture(9, 11, 1)
    for given_as in (samples, samples[..., 0]):
        decoded = decode(encode(given_as))
        assert decoded.shape == (9, 11)
        assert np.array_equal(decoded, samples[..., 0])
    assert decode(encode(samples), layer=Layer.PERCEPTUAL).shape == (9, 11)


def test_arrays_that_lie_oddly_in_memory_are_encoded_by_their_values() -> None:
    samples = picture(24, 20)
    for view in (samples[::2, ::-1], np.asfortranarray(samples), samples.transpose(1, 0, 2)):
        assert np.array_equal(decode(encode(view)), view)


@pytest.mark.parametrize("max_error", [1, 2, 3, 5, 8, 100, 255])
@pytest.mark.parametrize("channels", [1, 3])
def test_near_lossless_never_leaves_its_bound(max_error: int, channels: int) -> None:
    samples = generated(0, 17, 21, channels, max_error)
    samples[:8] = picture(8, 21, channels)
    samples[8:10] = [[[0]], [[255]]]
    data = encode(samples, mode=Mode.NEAR_LOSSLESS, max_error=max_error)
    decoded = decode(data).reshape(samples.shape)
    worst = np.abs(decoded.astype(int) - samples).max()
    assert worst <= max_error
    info = check(data)
    assert (info.mode, info.max_error) == (Mode.NEAR_LOSSLESS, max_error)
    assert info.sample_hash == hash_of(decoded)
    assert info.source_hash == hash_of(samples)


def test_a_larger_error_makes_a_smaller_file() -> None:
    samples = picture(50, 60)
    sizes = [len(encode(samples))]
    sizes += [len(encode(samples, mode="near-lossless", max_error=error)) for error in (1, 3, 8)]
    assert sizes == sorted(sizes, reverse=True)
    assert len(set(sizes)) == 4


def test_perceptual_files_hold_the_preview_that_lossless_files_hold() -> None:
    samples = picture(40, 33)
    data, whole = encode(samples, mode=Mode.PERCEPTUAL), encode(samples)
    preview = decode(data, layer=Layer.BASE)
    assert preview.shape == samples.shape
    assert np.array_equal(preview, decode(whole, layer="perceptual"))
    assert len(data) < len(whole)
    assert check(data).mode is Mode.PERCEPTUAL
    with pytest.raises(errors.UnsupportedError, match="--layer perceptual"):
        decode(data)


def test_a_picture_of_several_tiles_in_both_directions_comes_back(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(Adaptive, "choose_tile", lambda *_: (66, 515))
    samples = picture(131, 1030)
    data = encode(samples)
    file = only(data)
    assert (len(file.base.tiles), len(file.residual.tiles)) == (3, 4)
    assert np.array_equal(decode(data), samples)


def test_encoding_twice_gives_the_same_bytes(small: tuple[U8, bytes]) -> None:
    assert encode(small[0], metadata=METADATA) == small[1]


def test_extract_is_the_file_that_perceptual_mode_makes_but_for_its_mark(small: tuple[U8, bytes]) -> None:
    samples, data = small
    extracted = extract(data)
    assert len(extracted) < len(data)
    info = check(extracted)
    assert (info.mode, info.extracted, info.residual_bytes) == (Mode.PERCEPTUAL, True, 0)
    assert info.source_hash == hash_of(samples)
    assert read_metadata(extracted) == METADATA
    assert np.array_equal(decode(extracted, layer="perceptual"), decode(data, layer="perceptual"))
    plain, direct = (only(file) for file in (extracted, encode(samples, mode="perceptual")))
    assert plain.base == direct.base
    with pytest.raises(errors.UnsupportedError, match="perceptual layer alone"):
        decode(extracted)


def test_metadata_comes_back_byte_for_byte(small: tuple[U8, bytes]) -> None:
    samples, data = small
    assert read_metadata(data) == METADATA
    assert read_metadata(encode(samples)) == Metadata()
    one = Metadata(exif=b"\0" * 100_000)
    assert read_metadata(encode(samples, mode="perceptual", metadata=one)) == one


def test_info_says_what_is_in_the_file(small: tuple[U8, bytes]) -> None:
    samples, data = small
    info = read_info(data)
    assert (info.width, info.height, info.channels, info.bit_depth) == (23, 19, 3, 8)
    assert (info.mode, info.max_error, info.extracted, info.loss_accepted) == (Mode.LOSSLESS, 0, False, False)
    assert (info.base_models, info.residual_models) == ((DEFAULT_BASE,), (DEFAULT_RESIDUAL,))
    assert (info.pictures, info.roles, info.signed, info.restores) == (1, ("red", "green", "blue"), False, False)
    assert info.base_hash == hash_of(decode(data, layer="perceptual"))
    assert info.sample_hash == info.source_hash == hash_of(samples)
    assert info.file_bytes == len(data)
    assert 0 < info.base_bytes + info.residual_bytes + info.metadata_bytes < len(data)
    assert info.complete
    assert info == check(data)
    lists = {name: tuple(value) for name, value in info.to_dict().items() if isinstance(value, tuple)}
    assert Info(**json.loads(json.dumps(info.to_dict())) | lists) == info
    assert not read_info(data[:-1]).complete


def test_accepted_loss_is_marked_in_lossy_files_alone() -> None:
    samples = picture(5, 5)
    assert read_info(encode(samples, mode="perceptual", accept_loss=True)).loss_accepted
    assert read_info(encode(samples, mode="near-lossless", max_error=1, accept_loss=True)).loss_accepted
    assert not read_info(encode(samples, accept_loss=True)).loss_accepted


def test_progress_rises_from_zero_to_at_most_one() -> None:
    seen: list[float] = []
    data = encode(picture(140, 90), progress=seen.append)
    encoded, seen[:] = list(seen), []
    decode(data, progress=seen.append)
    for shares in (encoded, seen):
        assert shares == sorted(shares)
        assert shares[0] >= 0
        assert 0.5 < shares[-1] <= 1


REFUSED: dict[str, tuple[Any, dict[str, Any], type[Exception]]] = {
    "a list": ([[1, 2]], {}, errors.InputError),
    "no pixels": (np.zeros((0, 4, 3), np.uint8), {}, errors.InputError),
    "one dimension": (np.zeros(4, np.uint8), {}, errors.InputError),
    "four dimensions": (np.zeros((1, 1, 1, 3), np.uint8), {}, errors.InputError),
    "32 bits": (np.zeros((2, 2), np.uint32), {}, errors.UnsupportedError),
    "floats": (np.zeros((2, 2)), {}, errors.UnsupportedError),
    "five channels": (np.zeros((2, 2, 5), np.uint8), {}, errors.UnsupportedError),
    "too wide": (np.zeros((1, 2**20 + 1), np.uint8), {}, errors.LimitError),
    "unknown mode": (np.zeros((2, 2), np.uint8), {"mode": "best"}, errors.InputError),
    "error in lossless mode": (np.zeros((2, 2), np.uint8), {"max_error": 1}, errors.InputError),
    "no error": (np.zeros((2, 2), np.uint8), {"mode": "near-lossless"}, errors.InputError),
    "negative error": (np.zeros((2, 2), np.uint8), {"mode": "near-lossless", "max_error": -1}, errors.InputError),
    "text for an error": (np.zeros((2, 2), np.uint8), {"mode": "near-lossless", "max_error": "1"}, errors.InputError),
    "a part of a sample": (np.zeros((2, 2), np.uint8), {"mode": "near-lossless", "max_error": 1.5}, errors.InputError),
    "huge error": (np.zeros((2, 2), np.uint8), {"mode": "near-lossless", "max_error": 256}, errors.InputError),
    "error in perceptual mode": (np.zeros((2, 2), np.uint8), {"mode": "perceptual", "max_error": 1}, errors.InputError),
}


@pytest.mark.parametrize("name", REFUSED)
def test_what_cannot_be_encoded_is_refused_with_our_error(name: str) -> None:
    samples, options, kind = REFUSED[name]
    with pytest.raises(kind):
        encode(samples, **options)


def test_a_layer_that_does_not_exist_is_refused(small: tuple[U8, bytes]) -> None:
    with pytest.raises(errors.InputError, match="layer must be one of exact, perceptual"):
        decode(small[1], layer="both")


def test_cut_file_still_gives_the_preview_of_what_arrived(small: tuple[U8, bytes]) -> None:
    data = small[1]
    preview = decode(data, layer="perceptual")
    base_end = data.index(b"RESI\0\0\0\0")
    for length in {*range(0, len(data), 7), base_end, base_end - 1, len(data) - 1}:
        cut = data[:length]
        with pytest.raises((errors.CorruptFileError, errors.UnsupportedError)):
            decode(cut)
        if length >= base_end:
            shown, arrived = decode_cut(cut)
            assert arrived == 1
            assert np.array_equal(shown, preview)
        else:
            with pytest.raises(errors.CorruptFileError):
                decode(cut, layer="perceptual")


def test_a_file_cut_between_base_tiles_shows_those_that_arrived() -> None:
    samples = picture(40, 1100, 1)
    data = encode(samples, options=Options(preview="full"))
    assert len(only(data).base.tiles) == 3
    whole = decode(data, layer="perceptual")
    shown, arrived = decode_cut(data[: data.index(b"RLYR\0\0\0\0") - 30])
    assert 0 < arrived < 1
    assert shown.shape == whole.shape
    assert np.array_equal(shown[:, :400], whole[:, :400])
    assert np.ptp(shown[:, -60:]) <= np.ptp(whole[:, -60:])
    with pytest.raises(errors.TruncatedFileError):
        decode(data[:-40])


def test_decode_cut_of_a_whole_file_is_its_preview(small: tuple[U8, bytes]) -> None:
    shown, arrived = decode_cut(small[1])
    assert arrived == 1
    assert np.array_equal(shown, decode(small[1], layer="perceptual"))


def test_no_flipped_bit_passes(small: tuple[U8, bytes]) -> None:
    data = small[1]
    rng = np.random.default_rng(5)
    for at in {*range(0, len(data), 5), *range(320)}:
        damaged = bytearray(data)
        damaged[at] ^= 1 << int(rng.integers(8))
        for read in (decode, check, read_metadata, extract, lambda d: decode(d, layer="perceptual")):
            with pytest.raises(errors.HybridcodecError):
                read(bytes(damaged))


def test_cut_reading_of_flipped_bits_gives_our_errors_or_the_true_preview(small: tuple[U8, bytes]) -> None:
    data = small[1]
    preview = decode(data, layer="perceptual")
    for at in range(0, len(data), 9):
        damaged = bytearray(data)
        damaged[at] ^= 0x10
        try:
            shown, _ = decode_cut(bytes(damaged))
        except errors.HybridcodecError:
            continue
        assert np.array_equal(shown, preview)


@pytest.mark.parametrize("data", [b"", b"\x89HYC", b"hello world" * 9, bytes(1000)])
def test_what_is_no_hyc_file_is_corrupt(data: bytes) -> None:
    for read in (decode, decode_cut, check, read_info, read_metadata, extract):
        with pytest.raises(errors.CorruptFileError):
            read(data)


def test_bytes_after_the_end_are_refused(small: tuple[U8, bytes]) -> None:
    with pytest.raises(errors.CorruptFileError):
        decode(small[1] + b"\0")


def test_a_file_that_needs_another_model_names_it(small: tuple[U8, bytes]) -> None:
    for layer in ("base", "residual"):
        with pytest.raises(errors.ModelError, match="ab" * 32):
            decode(rewritten(small[1], **{layer: {"models": (b"\xab" * 32,)}}))
    assert read_info(rewritten(small[1], base={"models": (b"\xab" * 32,)})).base_models == ("ab" * 32,)


def test_a_model_of_the_wrong_kind_is_refused(small: tuple[U8, bytes]) -> None:
    for layer, digest in (("base", DEFAULT_RESIDUAL), ("residual", DEFAULT_BASE)):
        with pytest.raises(errors.ModelError):
            decode(rewritten(small[1], **{layer: {"models": (bytes.fromhex(digest),)}}))


FORGED: dict[str, tuple[dict[str, Any], type[Exception]]] = {
    "another picture": ({"residual": {"sample_hash": b"\1" * 32}, "source_hash": b"\1" * 32}, errors.MismatchError),
    "another preview": ({"base": {"sample_hash": b"\1" * 32}}, errors.MismatchError),
    "another colour": ({"base": {"common": b"\5\0\0"}}, errors.MismatchError),
    "colour of another size": ({"base": {"common": b"\5"}}, errors.CorruptFileError),
    "no base": ({"base": {"tiles": tiles(1, b"")}}, errors.CorruptFileError),
    "no residual": ({"residual": {"tiles": tiles(6, b"")}}, errors.CorruptFileError),
    "half a word": ({"residual": {"tiles": tiles(6, b"\0\0")}}, errors.CorruptFileError),
    "half a word of base": ({"base": {"tiles": tiles(1, b"\0\0")}}, errors.CorruptFileError),
    "another base coder": ({"base": {"tiles": tiles(9, b"tile")}}, errors.CorruptFileError),
    "a coder of later versions": ({"residual": {"tiles": tiles(200, b"tile")}}, errors.UnsupportedError),
    "no model of the base": ({"base": {"models": ()}}, errors.CorruptFileError),
    "no model of the residual": ({"residual": {"models": ()}}, errors.ModelError),
    "two channels": ({"roles": (Role.GRAY, Role.ALPHA)}, errors.CorruptFileError),
    "seven bits": ({"bit_depth": 7}, errors.CorruptFileError),
    "base tiles that are not square": ({"base": {"tile_width": 64}}, errors.UnsupportedError),
    "base tiles of no whole latents": ({"base": {"tile_width": 65, "tile_height": 65}}, errors.UnsupportedError),
    "tiles that are not exact": (
        {"mode": ContainerMode.GUARDED, "residual": {"tiles": tiles(0, b"")}},
        errors.UnsupportedError,
    ),
}


def test_tiles_may_exceed_their_picture_but_not_what_is_read(small: tuple[U8, bytes]) -> None:
    large = {"tile_height": 2**12, "tile_width": 2**12}
    assert np.array_equal(decode(rewritten(small[1], residual=large)), small[0])
    high = encode(picture(513, 2))
    (first, *_) = only(high).residual.tiles
    with pytest.raises(errors.LimitError, match="residual tiles of 2x513: this version reads up to 4096x512"):
        decode(rewritten(high, residual={"tile_height": 2**12, "tiles": (first,)}))


@pytest.mark.parametrize("name", FORGED)
def test_a_forged_file_whose_checksums_hold_is_still_refused(small: tuple[U8, bytes], name: str) -> None:
    changes, kind = FORGED[name]
    data = rewritten(small[1], **changes)
    with pytest.raises((kind, errors.CorruptFileError)):
        decode(data)


def test_forged_payloads_of_random_bytes_give_our_errors_alone(small: tuple[U8, bytes]) -> None:
    rng = np.random.default_rng(6)
    for _ in range(10):
        noise = rng.bytes(4 * int(rng.integers(0, 300)))
        for layer, coder in (("base", 2), ("residual", 6)):
            with pytest.raises((errors.MismatchError, errors.CorruptFileError)):
                decode(rewritten(small[1], **{layer: {"tiles": tiles(coder, noise)}}))


@pytest.fixture
def altered_models(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    """A copy of the model files, read by a codec that has read none yet."""
    for path in store.FOLDER.glob("*.safetensors"):
        shutil.copy(path, tmp_path)
    monkeypatch.setattr(store, "FOLDER", tmp_path)
    loading.forget()
    yield tmp_path
    loading.forget()


@pytest.mark.parametrize("name", ["base-v2", "residual-v2-normal"])
def test_an_altered_model_file_is_noticed(small: tuple[U8, bytes], altered_models: Path, name: str) -> None:
    path = altered_models / f"{name}.safetensors"
    content = bytearray(path.read_bytes())
    content[len(content) // 2] ^= 1
    path.write_bytes(content)
    with pytest.raises(errors.ModelError, match=f"{name} was altered"):
        decode(small[1])
    with pytest.raises(errors.ModelError, match=f"{name} was altered"):
        encode(small[0])

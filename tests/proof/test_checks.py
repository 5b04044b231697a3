"""Each check says what is wrong, where, and how much; nothing else."""

import tracemalloc
from dataclasses import replace

import numpy as np
import pytest
from hybridcodec_container import hash_samples

from hybridcodec.codec import encode, read_info
from hybridcodec.fidelity import Fidelity
from hybridcodec.image import Difference, Metadata, Picture, difference
from hybridcodec.kinds import SampleKind
from hybridcodec.modes import Mode
from hybridcodec.proof.checks import (
    CHECKS,
    Asked,
    Comparison,
    check_header,
    check_metadata,
    check_samples,
    check_size,
    sample_hash,
    worst_error,
)
from hybridcodec.proof.flags import Box, FlagKind

ORIGINAL = np.arange(5 * 6 * 3, dtype=np.uint8).reshape(5, 6, 3)
INFO = read_info(encode(ORIGINAL))
PICTURE = Picture.of(ORIGINAL, None, Metadata(b"i", b"e", b"x"))
SOUND = Comparison(PICTURE, PICTURE, INFO, Asked(Fidelity()))


def decoding(samples: np.ndarray, pair: Comparison = SOUND) -> Comparison:
    return replace(pair, decoded=Picture.of(samples, None, PICTURE.metadata))


def near(max_error: int) -> Comparison:
    fidelity = Fidelity(Mode.NEAR_LOSSLESS, max_error)
    return replace(SOUND, asked=Asked(fidelity), info=replace(INFO, mode=fidelity.mode, max_error=max_error))


@pytest.mark.parametrize("dtype", [np.uint8, np.int8, np.uint16, np.int16])
@pytest.mark.parametrize("shape", [(4, 3), (4, 3, 1), (1, 7, 3)])
def test_sample_hash_is_that_of_the_container(shape: tuple[int, ...], dtype: type) -> None:
    samples = np.random.default_rng(1).integers(0, 100, shape, dtype)
    assert sample_hash(samples) == hash_samples(samples).hex()


def test_sound_file_raises_no_flag() -> None:
    assert [check(SOUND) for check in CHECKS] == [[]] * len(CHECKS)


def test_differing_samples_are_counted_and_boxed() -> None:
    decoded = ORIGINAL.copy()
    decoded[1, 4, 2] += 7
    decoded[3, 2, 0] -= 2
    (flag,) = check_samples(decoding(decoded))
    assert flag.kind is FlagKind.SAMPLES_DIFFER
    assert (flag.count, flag.worst, flag.first, flag.box) == (2, 7, (1, 4, 2), Box(2, 1, 3, 3))
    assert flag.detail == "2 of 90 samples differ by up to 7, first at row 1, column 4"


def test_bound_is_measured_in_every_sample() -> None:
    decoded = ORIGINAL.copy()
    decoded[0, 0, 0] += 2
    decoded[4, 5, 2] -= 3
    assert check_samples(decoding(decoded, near(3))) == []
    (flag,) = check_samples(decoding(decoded, near(2)))
    assert flag.kind is FlagKind.BOUND_EXCEEDED
    assert (flag.count, flag.worst, flag.first, flag.box) == (1, 3, (4, 5, 2), Box(5, 4, 1, 1))


def test_preview_promises_no_sample() -> None:
    asked = Asked(Fidelity(Mode.PERCEPTUAL))
    assert check_samples(replace(decoding(255 - ORIGINAL), asked=asked)) == []


def test_other_size_is_no_other_samples() -> None:
    pair = decoding(ORIGINAL[:, :-1])
    assert check_samples(pair) == []
    (flag,) = check_size(pair)
    assert (flag.kind, flag.detail) == (FlagKind.SIZE_DIFFERS, "expected 6x5 with 3 channels, found 5x5 with 3")


def test_metadata_is_compared_field_by_field() -> None:
    (flag,) = check_metadata(replace(SOUND, decoded=replace(PICTURE, metadata=Metadata(b"i", b"", b"y"))))
    assert (flag.kind, flag.detail) == (FlagKind.METADATA_DIFFERS, "its metadata differs: exif, xmp")


@pytest.mark.parametrize("change", [{"mode": Mode.PERCEPTUAL}, {"max_error": 1}, {"loss_accepted": True}])
def test_header_must_say_what_was_asked_for(change: dict[str, object]) -> None:
    info = replace(INFO, **change)  # type: ignore[arg-type]
    assert [flag.kind for flag in check_header(replace(SOUND, info=info))] == [FlagKind.HEADER_DIFFERS]


def test_header_must_name_the_source_it_was_made_from() -> None:
    info = replace(INFO, source_hash="0" * 64)
    assert [flag.kind for flag in check_header(replace(SOUND, info=info))] == [FlagKind.HASH_DIFFERS]


def test_samples_of_another_kind_are_no_sound_file() -> None:
    other = replace(PICTURE, kind=SampleKind(PICTURE.kind.roles, 7))
    (flag,) = check_header(replace(SOUND, decoded=other))
    assert (flag.kind, flag.detail) == (FlagKind.HEADER_DIFFERS, "samples: expected 8-bit RGB, found 7-bit RGB")


@pytest.mark.parametrize("band", [1, 40, 1 << 20])
@pytest.mark.parametrize("bound", [1, 2])
def test_what_is_wrong_is_told_alike_however_many_rows_are_looked_at_at_a_time(
    band: int, bound: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("hybridcodec.image.BAND", band)
    rng = np.random.default_rng(5)
    shape, samples = (9, 6, 3), rng.integers(0, 256, (9, 6, 3), np.uint8)
    error = rng.integers(1, 5, shape) * (rng.random(shape) < 0.1)
    pair = replace(near(bound), original=Picture.of(samples), decoded=Picture.of((samples ^ error).astype(np.uint8)))
    away = np.abs(pair.original.samples.astype(int) - pair.decoded.samples)
    where = np.argwhere(away > bound)
    (flag,) = check_samples(pair)
    rows, columns = where[:, 0], where[:, 1]
    box = Box(columns.min(), rows.min(), int(np.ptp(columns)) + 1, int(np.ptp(rows)) + 1)
    assert (flag.count, flag.worst, flag.first, flag.box) == (len(where), away.max(), tuple(where[0]), box)
    assert worst_error(pair) == away.max()
    assert sample_hash(samples) == hash_samples(samples).hex()


def test_pictures_are_compared_and_hashed_in_less_memory_than_one_takes() -> None:
    samples = np.zeros((2000, 3000, 3), np.uint8)
    other = samples.copy()
    other[1999, 2999] = 1
    pair = replace(SOUND, original=Picture.of(samples), decoded=Picture.of(other))
    tracemalloc.start()
    (flag,) = check_samples(pair)
    found = worst_error(pair), difference(samples, other)
    sample_hash(samples)
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert (flag.count, *found) == (3, 1, Difference(3, 1, (1999, 2999, 0)))
    assert peak < samples.nbytes / 4

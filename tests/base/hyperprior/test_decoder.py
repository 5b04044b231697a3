import contextlib

import base_models
import numpy as np
import pytest

from hybridcodec.base.colour import to_samples
from hybridcodec.base.hyperprior.decoder import decode_base
from hybridcodec.base.hyperprior.encoder import encode_base
from hybridcodec.errors import CorruptFileError

MODEL = base_models.random_model()
ANALYSIS = base_models.random_analysis()


@pytest.mark.parametrize("window", [1, 3, 7, 16, 1000])
def test_windows_never_change_a_sample(window: int) -> None:
    samples = base_models.photograph_like(250, 330)
    payload, picture = encode_base(samples, MODEL, ANALYSIS, tile=128)
    decoded = decode_base(payload.common, payload.tiles, (250, 330, 3), MODEL, tile=128, window=window)
    assert (decoded == picture).all()
    assert picture.std() > 5


def test_a_missing_tile_leaves_the_rest_as_it_was() -> None:
    samples = base_models.photograph_like(128, 512)
    payload, picture = encode_base(samples, MODEL, ANALYSIS, tile=128)
    tiles: list[bytes | None] = [*payload.tiles[:-1], None]
    decoded = decode_base(payload.common, tiles, (128, 512, 3), MODEL, tile=128)
    margin = 6 * 16
    assert (decoded[:, : 384 - margin] == picture[:, : 384 - margin]).all()
    assert (decoded[:, 384:] != picture[:, 384:]).any()


def test_wrong_number_of_tiles_or_correction_bytes_is_corrupt() -> None:
    with pytest.raises(CorruptFileError, match="expected 1 base tiles, found 2"):
        decode_base(b"\0\0\0", [b"", b""], (10, 10, 3), MODEL)
    with pytest.raises(CorruptFileError, match="expected 3 bytes of colour correction, found 1"):
        decode_base(b"\0", [b""], (10, 10, 3), MODEL)


def test_flipped_payload_bytes_raise_only_our_error() -> None:
    payload, _ = encode_base(base_models.photograph_like(40, 40), MODEL, ANALYSIS)
    rng = np.random.default_rng(1)
    for _ in range(10):
        damaged = bytearray(payload.tiles[0])
        damaged[rng.integers(len(damaged))] ^= 1 << int(rng.integers(8))
        with contextlib.suppress(CorruptFileError):
            assert decode_base(payload.common, [bytes(damaged)], (40, 40, 3), MODEL).shape == (40, 40, 3)


def test_samples_round_half_up_after_the_correction() -> None:
    fine = np.array([[[-100], [7], [8], [16 * 255 + 7], [9999]]], np.int32)
    assert to_samples(fine, np.array([0])).ravel().tolist() == [0, 0, 1, 255, 255]
    assert to_samples(fine, np.array([1])).ravel().tolist() == [0, 1, 1, 255, 255]


def test_progress_ends_at_one_and_never_falls() -> None:
    payload, _ = encode_base(base_models.photograph_like(100, 300), MODEL, ANALYSIS, tile=64)
    told: list[float] = []
    decode_base(payload.common, payload.tiles, (100, 300, 3), MODEL, tile=64, window=4, progress=told.append)
    assert told == sorted(told)
    assert told[-1] == 1.0

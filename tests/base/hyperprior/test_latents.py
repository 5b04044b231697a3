import contextlib

import base_models
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from hybridcodec.base.hyperprior.latents import Latents, code_latents, decode_tile, encode_tile
from hybridcodec.base.values import ROWS
from hybridcodec.entropy import RangeEncoder
from hybridcodec.errors import CorruptFileError

MODEL = base_models.random_model()


def latents(height: int, width: int, spread: float, seed: int = 1) -> Latents:
    rng = np.random.default_rng(seed)
    z = rng.normal(0, spread, (48, -(-height // 4), -(-width // 4)))
    return Latents(rng.normal(0, spread, (96, height, width)).astype(np.float32), np.rint(z).astype(np.int64))


@settings(max_examples=20, deadline=None)
@given(st.integers(1, 9), st.integers(1, 9), st.sampled_from([0.0, 1.0, 30.0, 1e5]), st.integers(0, 99))
def test_tiles_of_any_size_and_spread_come_back(height: int, width: int, spread: float, seed: int) -> None:
    payload, y_hat = encode_tile(latents(height, width, spread, seed), MODEL)
    assert (decode_tile(payload, height, width, MODEL) == y_hat).all()


def test_values_far_outside_every_table_are_never_clipped() -> None:
    made = latents(4, 4, 0.0)
    made.y[0, 0, 0], made.y[95, 3, 3] = 1e6, -1e6
    made.z[0] = 12345
    payload, y_hat = encode_tile(made, MODEL)
    assert abs(int(y_hat[0, 0, 0]) - 16_000_000) <= 8
    assert abs(int(y_hat[95, 3, 3]) + 16_000_000) <= 8
    assert (decode_tile(payload, 4, 4, MODEL) == y_hat).all()


def test_y_hat_is_within_half_a_step_of_y() -> None:
    made = latents(8, 8, 5.0)
    _, y_hat = encode_tile(made, MODEL)
    assert np.abs(y_hat / 16 - made.y).max() <= 0.5 + 1e-5


def test_more_symbols_than_one_call_of_the_coder() -> None:
    made = latents(16, 16, 3.0)
    assert made.y.size > ROWS
    payload, y_hat = encode_tile(made, MODEL)
    assert (decode_tile(payload, 16, 16, MODEL) == y_hat).all()


def test_garbage_decodes_to_numbers_or_to_our_error_alone() -> None:
    rng = np.random.default_rng(9)
    for length in (0, 4, 8, 400):
        for _ in range(10):
            with contextlib.suppress(CorruptFileError):
                assert decode_tile(rng.bytes(length), 3, 5, MODEL).shape == (96, 3, 5)


@pytest.mark.parametrize("length", [1, 2, 3, 5])
def test_payload_that_is_no_whole_number_of_words_is_corrupt(length: int) -> None:
    with pytest.raises(CorruptFileError):
        decode_tile(bytes(length), 1, 1, MODEL)


def test_encoding_twice_gives_the_same_bytes() -> None:
    first, second = RangeEncoder(), RangeEncoder()
    for coder in (first, second):
        code_latents(coder, MODEL, 6, 7, latents(6, 7, 2.0))
    assert first.finish() == second.finish()

import numpy as np
import pytest
import residual_models
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.typing import NDArray

from hybridcodec.errors import CorruptFileError, LimitError
from hybridcodec.machine import threads
from hybridcodec.residual import Quantiser
from hybridcodec.residual.adaptive.coder import MAX_TILE_HEIGHT, MAX_TILE_WIDTH, Adaptive

U8 = NDArray[np.uint8]
MODEL = residual_models.shipped_model()


def round_trip(samples: U8, base: U8, tile: tuple[int, int], max_error: int = 0) -> list[bytes]:
    payloads = residual_models.encode(samples, base, MODEL, tile=tile, max_error=max_error)
    decoded = residual_models.decode(payloads, base, MODEL, tile=tile, max_error=max_error)
    assert decoded.dtype == np.uint8
    assert decoded.shape == samples.shape
    assert np.abs(decoded.astype(int) - samples).max() <= max_error
    if max_error:
        assert np.array_equal(decoded, Quantiser(max_error).samples(Quantiser(max_error).values(samples)))
    return payloads


def generated(kind: int, shape: tuple[int, int, int], seed: int) -> U8:
    """Noise, constants, checkers, extremes, gradients, and a picture."""
    rng = np.random.default_rng(seed)
    y, x, c = np.indices(shape)
    made = (
        rng.integers(0, 256, shape),
        np.full(shape, rng.choice([0, 1, 127, 254, 255])),
        (x + y + c) % 2 * 255,
        rng.choice([0, 255], shape),
        (4 * x + 9 * y + 30 * c) % 256,
        residual_models.pair(*shape, seed)[0],
    )
    return made[kind].astype(np.uint8)


KINDS = st.integers(0, 5)


@settings(max_examples=60, deadline=None)
@given(
    st.tuples(st.integers(1, 37), st.integers(1, 37), st.sampled_from([1, 3])),
    st.tuples(st.integers(1, 40), st.integers(1, 40)),
    st.tuples(KINDS, KINDS),
    st.sampled_from([0, 0, 0, 1, 2, 3, 5, 8, 64, 255]),
    st.integers(0, 2**32 - 1),
)
def test_any_picture_comes_back_above_any_base_in_any_tiles(
    shape: tuple[int, int, int], tile: tuple[int, int], kinds: tuple[int, int], max_error: int, seed: int
) -> None:
    round_trip(generated(kinds[0], shape, seed), generated(kinds[1], shape, seed + 1), tile, max_error)


@pytest.mark.parametrize("channels", [1, 3])
@pytest.mark.parametrize("size", [(1, 1), (1, 101), (101, 1), (2, 3), (31, 29), (16, 16), (17, 15), (33, 47)])
def test_tiles_that_end_at_before_and_after_the_border_come_back(size: tuple[int, int], channels: int) -> None:
    samples, base = residual_models.pair(*size, channels)
    for tile in ((16, 16), (17, 15), (512, 512), (1, 40)):
        assert len(round_trip(samples, base, tile)) == -(-size[0] // tile[0]) * -(-size[1] // tile[1])


@pytest.mark.parametrize("max_error", [1, 2, 3, 5, 8, 255])
@pytest.mark.parametrize("kind", range(6))
def test_near_lossless_holds_its_bound_on_every_kind_of_picture(kind: int, max_error: int) -> None:
    for channels in (1, 3):
        shape = (13, 11, channels)
        round_trip(generated(kind, shape, 1), generated((kind + 1) % 6, shape, 2), (8, 8), max_error)


@pytest.mark.parametrize("max_error", range(256))
def test_the_grid_reaches_every_sample_within_its_bound(max_error: int) -> None:
    grid, samples = Quantiser(max_error), np.arange(256, dtype=np.uint8)
    values = grid.values(samples)
    assert (values.min(), values.max()) == (0, grid.top)
    assert np.abs(grid.samples(values).astype(int) - samples).max() <= max_error
    assert grid.samples(np.zeros(1, np.int32)) == 0


def test_a_tile_stands_alone() -> None:
    samples, base = residual_models.pair(20, 30)
    payloads = residual_models.encode(samples, base, MODEL, tile=(10, 15))
    rows, columns = slice(10, 20), slice(15, 30)
    (alone,) = residual_models.encode(samples[rows, columns], base[rows, columns], MODEL, tile=(10, 15))
    assert alone == payloads[3]


def test_one_thread_and_many_write_and_read_the_same(monkeypatch: pytest.MonkeyPatch) -> None:
    samples, base = residual_models.pair(40, 50)
    written = []
    for cores in (1, 2, 16):
        monkeypatch.setattr(threads, "thread_limit", lambda cores=cores: cores)
        written.append(round_trip(samples, base, (11, 13)))
    assert written[0] == written[1] == written[2]


def test_sums_that_fade_to_denormal_numbers_decide_nothing() -> None:
    """Some libraries make the processor flush such numbers to zero; a long flat row makes the sums that small."""
    samples, base = (array.copy() for array in residual_models.pair(2, 3500, 1))
    samples[:, 20:], base[:, 20:] = 77, 77
    samples[:, -5:] += np.arange(5, dtype=np.uint8)[:, None]
    plain = residual_models.encode(samples, base, MODEL, tile=(2, 3500))
    try:
        torch.set_flush_denormal(True)
        flushed = residual_models.encode(samples, base, MODEL, tile=(2, 3500))
    finally:
        torch.set_flush_denormal(False)
    assert flushed == plain


def test_progress_never_falls_and_stays_within_one() -> None:
    samples, base = residual_models.pair(90, 120, 1)
    told: list[float] = []
    payloads = residual_models.encode(samples, base, MODEL, tile=(64, 64), progress=told.append)
    assert told == sorted(told)
    assert 0 < told[0] <= told[-1] <= 1
    told.clear()
    residual_models.decode(payloads, base, MODEL, tile=(64, 64), progress=told.append)
    assert told


def test_a_good_base_picture_makes_a_small_residual() -> None:
    samples, _ = residual_models.pair(64, 64)
    noise = generated(0, samples.shape, 3)
    good, bad = (sum(map(len, round_trip(samples, base, (64, 64)))) for base in (samples, noise))
    assert good < 0.5 * bad
    assert bad < 1.2 * samples.size


@pytest.mark.parametrize("channels", [1, 3])
def test_damaged_payloads_give_wrong_samples_or_our_error(channels: int) -> None:
    rng = np.random.default_rng(1)
    samples, base = residual_models.pair(12, 17, channels)
    (payload,) = residual_models.encode(samples, base, MODEL, tile=(64, 64))
    damaged = [payload[: 4 * k] for k in range(0, len(payload) // 4, 3)]
    damaged += [rng.bytes(4 * k) for k in range(0, 200, 7)]
    damaged += [b"", b"\0" * 400, b"\xff" * 400, payload + b"\0\0\0\0", payload[4:]]
    for at in range(0, len(payload), 5):
        damaged.append(payload[:at] + bytes([payload[at] ^ (1 << int(rng.integers(8)))]) + payload[at + 1 :])
    failed = 0
    for data in damaged:
        try:
            decoded = residual_models.decode([data], base, MODEL, tile=(64, 64))
        except CorruptFileError:
            failed += 1
            continue
        assert decoded.shape == samples.shape
    assert failed


@pytest.mark.parametrize("max_error", [1, 100, 255])
def test_random_payloads_on_coarse_grids_give_wrong_samples_or_our_error(max_error: int) -> None:
    rng = np.random.default_rng(max_error)
    _, base = residual_models.pair(9, 9)
    for _ in range(10):
        try:
            decoded = residual_models.decode([rng.bytes(200)], base, MODEL, tile=(16, 16), max_error=max_error)
        except CorruptFileError:
            continue
        assert decoded.shape == base.shape


def test_the_damaged_tile_is_named() -> None:
    samples, base = residual_models.pair(20, 20, 1)
    payloads = residual_models.encode(samples, base, MODEL, tile=(10, 10))
    payloads[2] = b"odd"
    with pytest.raises(CorruptFileError, match="the residual tile at row 10, column 0"):
        residual_models.decode(payloads, base, MODEL, tile=(10, 10))


@pytest.mark.parametrize("count", [0, 3, 5])
def test_another_number_of_tiles_than_the_picture_has_is_refused(count: int) -> None:
    with pytest.raises(CorruptFileError, match=f"expected 4 residual tiles, found {count}"):
        residual_models.decode([b""] * count, np.zeros((20, 20, 3), np.uint8), MODEL, tile=(10, 10))


@pytest.mark.parametrize("tile", [(MAX_TILE_HEIGHT + 1, 1), (1, MAX_TILE_WIDTH + 1), (2**30, 2**30)])
def test_tiles_over_the_limits_are_refused_before_anything_is_allocated(tile: tuple[int, int]) -> None:
    area = slice(0, tile[0]), slice(0, tile[1])
    with pytest.raises(LimitError, match="residual tiles"):
        Adaptive().require_room([(area, b"")], 3)


@given(st.integers(1, 2**20), st.integers(1, 2**20))
def test_the_chosen_tiles_are_within_the_limits_and_the_picture(height: int, width: int) -> None:
    rows, columns = Adaptive().choose_tile(height, width)
    assert 1 <= rows <= min(MAX_TILE_HEIGHT, height)
    assert 1 <= columns <= min(MAX_TILE_WIDTH, width)

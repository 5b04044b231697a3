"""The twin of the encoder writes word for word what constriction writes."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.typing import NDArray

from hybridcodec.entropy import TOTAL, RangeDecoder, encoder
from hybridcodec.entropy.coder import EntropyError
from hybridcodec.entropy.encoder import RangeEncoder, TwinEncoder
from hybridcodec.entropy.library import LibraryEncoder

I32 = NDArray[np.int32]


def drawn(rng: np.random.Generator, count: int, columns: int) -> tuple[I32, I32]:
    """Random rows, from nearly flat to nearly certain, and symbols, likely ones and others."""
    raw = rng.random((count, columns)) ** rng.integers(1, 40, (count, 1))
    rows = 1 + (raw / raw.sum(1, keepdims=True) * (TOTAL - columns)).astype(np.int64)
    rows[:, rng.integers(columns)] += TOTAL - rows.sum(1)
    likely = (rows.cumsum(1) > rng.integers(0, TOTAL, (count, 1))).argmax(1)
    symbols = np.where(rng.random(count) < 0.9, likely, rng.integers(0, columns, count))
    return rows.astype(np.int32), symbols.astype(np.int32)


@settings(max_examples=150, deadline=None)
@given(st.lists(st.tuples(st.integers(0, 300), st.integers(2, 60)), max_size=6), st.integers(0, 2**32 - 1))
def test_the_twin_writes_what_the_library_writes(calls: list[tuple[int, int]], seed: int) -> None:
    rng, twin, library = np.random.default_rng(seed), TwinEncoder(), LibraryEncoder()
    for count, columns in calls:
        rows, symbols = drawn(rng, count, columns)
        for writer in (twin, library):
            writer.write(rows, symbols)
    assert twin.words().tolist() == library.words().tolist()


@pytest.mark.parametrize("last", [0, 1])
@pytest.mark.parametrize("count", [1, 2, 3, 63, 64, 65, 3000])
def test_carries_reach_back_through_runs_of_any_length(count: int, last: int) -> None:
    """Until the last symbol nobody knows whether hundreds of words are all ones, or zeros after a carry."""
    rows, _ = drawn(np.random.default_rng(count), count, 9)
    middle = RangeDecoder(np.array([1 << 31] + [0] * count, "<u4").tobytes()).code(rows)
    twin, library = TwinEncoder(), LibraryEncoder()
    for writer in (twin, library):
        writer.write(rows, middle)
        writer.write(np.full((20, 2), TOTAL // 2, np.int32), np.full(20, last, np.int32))
    found = twin.words().tolist()
    assert found == library.words().tolist()
    if len(found) > 4:
        assert found[0] == (1 << 31) - 1 + last
        assert set(found[1:-3]) <= ({0} if last else {0xFFFFFFFF})
    assert len(found) > count // 32


def test_the_words_so_far_do_not_end_the_stream() -> None:
    rng, twin, library = np.random.default_rng(4), TwinEncoder(), LibraryEncoder()
    for count in (1, 5, 3000):
        rows, symbols = drawn(rng, count, 34)
        for writer in (twin, library):
            writer.write(rows, symbols)
        assert twin.words().tolist() == library.words().tolist()


def test_nothing_written_is_no_word() -> None:
    assert len(TwinEncoder().words()) == len(LibraryEncoder().words()) == 0


def test_the_twin_refuses_what_the_library_s_border_refuses_and_writes_nothing_of_it() -> None:
    flat, twin = np.full((2, 4), TOTAL // 4, np.int32), TwinEncoder()
    for rows, symbols in (
        (flat, np.array([0, 4], np.int32)),
        (flat, np.array([0, -1], np.int32)),
        (flat * 2, np.zeros(2, np.int32)),
        (flat.astype(np.int64), np.zeros(2, np.int32)),
        (flat - np.array([TOTAL // 4, -TOTAL // 4, 0, 0], np.int32), np.zeros(2, np.int32)),
    ):
        with pytest.raises(EntropyError):
            twin.write(rows, symbols)
    assert len(twin.words()) == 0


def test_without_the_library_the_twin_writes(monkeypatch: pytest.MonkeyPatch) -> None:
    rows, symbols = drawn(np.random.default_rng(5), 200, 34)
    found = []
    for _ in range(2):
        writer = RangeEncoder()
        writer.code(rows, symbols)
        found.append((type(writer._writer), writer.finish()))

        def missing() -> None:
            raise ImportError("constriction is not here")

        monkeypatch.setattr(encoder, "LibraryEncoder", missing)
    assert [kind for kind, _ in found] == [LibraryEncoder, TwinEncoder]
    assert found[0][1] == found[1][1]
    assert (RangeDecoder(found[1][1]).code(rows) == symbols).all()

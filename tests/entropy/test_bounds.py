"""Symbols by their bounds are the same words as symbols under their rows, and a second decoder finds them there."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.typing import NDArray

from hybridcodec.entropy import TOTAL, RangeDecoder, RangeEncoder, code_bits, code_naturals
from hybridcodec.entropy.bounds import WHOLE, note, note_number, notes_for, take_notes
from hybridcodec.entropy.coder import EntropyError
from hybridcodec.entropy.encoder import TwinEncoder
from hybridcodec.entropy.escape import note_naturals
from hybridcodec.entropy.library import LibraryEncoder, SecondOpinion
from hybridcodec.entropy.twin import bounds_of
from hybridcodec.errors import MismatchError

I32 = NDArray[np.int32]


def of_rows(rows: I32, symbols: I32) -> I32:
    return np.array([bounds_of(row)[[s, s + 1]] for row, s in zip(rows, symbols, strict=True)], np.int32).reshape(-1, 2)


def any_bounds(rng: np.random.Generator, count: int) -> I32:
    """Bounds at any place: half of them as near as can be, some at the ends."""
    pairs = np.sort(rng.integers(2, WHOLE - 1, (count, 2)), 1)
    pairs[:, 1] = np.where(rng.random(count) < 0.5, pairs[:, 0] + rng.integers(1, 4, count), pairs[:, 1] + 1)
    pairs[rng.random(count) < 0.1, 0] = 0
    pairs[rng.random(count) < 0.1, 1] = WHOLE
    pairs[(pairs[:, 0] == 0) & (pairs[:, 1] > WHOLE - 2)] = 1, 2
    return pairs.clip(0, WHOLE).astype(np.int32)


@settings(max_examples=60, deadline=None)
@given(st.integers(0, 60), st.integers(2, 40), st.integers(0, 2**32 - 1))
def test_bounds_are_written_as_the_symbols_that_they_are_of(count: int, columns: int, seed: int) -> None:
    rng = np.random.default_rng(seed)
    rows = 1 + rng.multinomial(TOTAL - columns, rng.dirichlet(np.full(columns, 0.2)), count).astype(np.int32)
    symbols = rng.integers(0, columns, count).astype(np.int32)
    plain, short = RangeEncoder(), RangeEncoder()
    plain.code(rows, symbols)
    short.code_bounds(of_rows(rows, symbols))
    assert short.finish() == plain.finish()


@pytest.mark.parametrize("seed", range(20))
def test_library_and_twin_agree_on_any_bounds(seed: int) -> None:
    bounds, library, twin = any_bounds(np.random.default_rng(seed), 2000), LibraryEncoder(), TwinEncoder()
    for writer in (library, twin):
        writer.write_bounds(bounds)
    assert library.words().tolist() == twin.words().tolist()
    SecondOpinion(library.words().astype("<u4").tobytes()).code_bounds(bounds)


def test_a_second_decoder_finds_what_is_not_there() -> None:
    bounds = any_bounds(np.random.default_rng(3), 500)
    encoder = RangeEncoder()
    encoder.code_bounds(bounds)
    others = bounds.copy()
    others[250] = (0, others[250, 0]) if others[250, 0] else (others[250, 1], WHOLE)
    with pytest.raises(MismatchError, match="constriction"):
        SecondOpinion(encoder.finish()).code_bounds(others)


@pytest.mark.parametrize("writer", [LibraryEncoder, TwinEncoder])
@pytest.mark.parametrize(
    "pair", [(5, 5), (6, 5), (-1, 3), (0, WHOLE), (0, WHOLE - 1), (1, WHOLE), (7, WHOLE + 1), (WHOLE, WHOLE)]
)
def test_what_are_no_bounds_is_refused(writer: type[LibraryEncoder] | type[TwinEncoder], pair: tuple[int, int]) -> None:
    with pytest.raises(EntropyError, match="rise"):
        writer().write_bounds(np.array([(1, 2), pair], np.int32))
    with pytest.raises(EntropyError, match="int32"):
        writer().write_bounds(np.zeros((2, 3), np.int32))


@settings(max_examples=60, deadline=None)
@given(st.lists(st.integers(0, 2**62 - 2), max_size=9), st.integers(0, 2**20 - 1))
def test_numbers_are_noted_as_they_are_coded(naturals: list[int], number: int) -> None:
    values, notes, plain, short = np.array(naturals, np.int64), notes_for(1200), RangeEncoder(), RangeEncoder()
    code_naturals(plain, values, len(values))
    code_bits(plain, np.array([number]), np.array([20]))
    note_naturals(notes, values)
    note_number(notes, number, 20)
    short.code_bounds(take_notes(notes))
    assert short.finish() == plain.finish()
    decoder = RangeDecoder(short.finish())
    assert code_naturals(decoder, None, len(values)).tolist() == naturals


def test_more_notes_than_there_is_room_for_are_a_mistake_of_ours() -> None:
    notes = notes_for(2)
    for _ in range(2):
        note(notes, 3, 4)
    assert take_notes(notes).tolist() == [[3, 4], [3, 4]]
    for _ in range(3):
        note(notes, 3, 4)
    with pytest.raises(AssertionError, match="3 symbols"):
        take_notes(notes)

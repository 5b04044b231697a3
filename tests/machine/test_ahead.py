"""Asking for memory: nothing comes of it but that it is there sooner."""

import numba
import numpy as np
import pytest
from numpy.typing import NDArray

from hybridcodec.machine.ahead import ask_for


@numba.njit
def compiled(table: NDArray[np.int32], row: int, place: int) -> None:
    ask_for(table, row, place)


@pytest.mark.parametrize("plain", [False, True])
def test_a_table_that_is_asked_for_stays_as_it_is_wherever_the_place_is(plain: bool) -> None:
    table = np.random.default_rng(0).integers(-9, 9, (3, 70)).astype(np.int32)
    before = table.copy()
    for place in (0, 69, 1 << 40):
        (ask_for if plain else compiled)(table, 2, place)
    assert np.array_equal(table, before)
    if not plain:
        assert "prefetch" in "".join(compiled.inspect_llvm().values())

"""Systems side by side: their solutions, and the order of operations that compiled code shares with plain Python."""

import numba
import numpy as np
import pytest
from numpy.typing import NDArray

from hybridcodec.machine import elimination
from hybridcodec.machine.elimination import PIVOT, RIDGE, VECTOR

F64 = NDArray[np.float64]
LANE, PLACE = 3, 5
BOUNDS = (RIDGE, PIVOT, 0.0)
NARROW = (0.25, 0.25, 2.0**-20)


@numba.njit
def compiled(a: F64, n: int, out: F64) -> None:
    elimination.solve(a, LANE, n, out, PLACE, BOUNDS)


@numba.njit
def compiled_narrow(a: NDArray[np.float32], n: int, out: NDArray[np.float32]) -> None:
    elimination.solve(a, LANE, n, out, PLACE, NARROW)


def systems(n: int, seed: int) -> tuple[F64, F64, F64]:
    """Symmetric matrices (VECTOR, n, n), right sides (VECTOR, n), and both as `solve` takes them."""
    rng = np.random.default_rng(seed)
    factors = rng.normal(size=(VECTOR, n, n + 2)) * 10.0 ** rng.integers(-1, 4, (VECTOR, 1, 1))
    matrices, right = factors @ factors.transpose(0, 2, 1), rng.normal(size=(VECTOR, n)) * 100
    packed = np.full((n * (n + 1) // 2 + n, LANE + VECTOR + 2), np.nan)
    rows, columns = np.tril_indices(n)
    packed[: len(rows), LANE : LANE + VECTOR] = matrices[:, rows, columns].T
    packed[len(rows) :, LANE : LANE + VECTOR] = right.T
    return matrices, right, packed


@pytest.mark.parametrize("n", [1, 2, 3, 13, 17])
def test_the_solutions_are_those_of_the_systems_with_a_ridge(n: int) -> None:
    matrices, right, packed = systems(n, n)
    out = np.full((n, PLACE + VECTOR + 1), np.nan)
    compiled(packed, n, out)
    expected = np.linalg.solve(matrices + RIDGE * np.eye(n), right[..., None])[..., 0].T
    assert np.allclose(out[:, PLACE : PLACE + VECTOR], expected, rtol=1e-6, atol=1e-9)
    assert np.isnan(out[:, :PLACE]).all()
    assert np.isnan(out[:, PLACE + VECTOR :]).all()


@pytest.mark.parametrize("n", [1, 4, 17])
def test_compiled_code_gives_the_bits_of_plain_python(n: int) -> None:
    _, _, packed = systems(n, 7 + n)
    plain, out = np.zeros((2, n, PLACE + VECTOR))
    elimination.solve(packed.copy(), LANE, n, plain, PLACE, BOUNDS)
    compiled(packed, n, out)
    assert out.tobytes() == plain.tobytes()


@pytest.mark.parametrize("n", [1, 4, 17, 49])
def test_in_single_precision_it_gives_the_bits_of_plain_python_too(n: int) -> None:
    packed = systems(n, 9 + n)[2].astype(np.float32)
    plain, out = np.zeros((2, n, PLACE + VECTOR), np.float32)
    elimination.solve(packed.copy(), LANE, n, plain, PLACE, NARROW)
    compiled_narrow(packed, n, out)
    assert np.isfinite(out).all()
    assert out.tobytes() == plain.tobytes()


def test_a_pivot_of_nothing_but_rounding_counts_as_a_share_of_its_diagonal() -> None:
    packed = np.zeros((2 + 1 + 2, LANE + VECTOR), np.float32)
    packed[:3], packed[3:] = 2.0**24, 1.0
    out = np.zeros((2, PLACE + VECTOR), np.float32)
    compiled_narrow(packed, 2, out)
    assert np.abs(out[:, PLACE:]).max() < 1


def test_a_system_without_a_solution_gives_finite_weights() -> None:
    packed = np.zeros((2 + 1 + 2, LANE + VECTOR))
    packed[0], packed[2], packed[3:] = -RIDGE, -2 * RIDGE, 1.0
    out = np.zeros((2, PLACE + VECTOR))
    compiled(packed, 2, out)
    assert (out[:, PLACE:] == 1.0 / PIVOT).all()

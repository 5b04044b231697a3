"""The sums and weights of `container/BITSTREAM.md`, "Least squares", in float64."""

from typing import Any

import numpy as np
from numpy.typing import NDArray

CHUNK = 3
RIDGE, PIVOT = 10.0, 1e-6


class LeastSquares:
    """Sums of one expert; whoever has it says what regressors and products are."""

    def __init__(self, context: NDArray[Any], forget: float) -> None:
        self.context, self.forget = context.tolist(), forget
        n = len(self.context)
        self.nothing = np.zeros(n * (n + 1) // 2 + n)
        self.products: dict[tuple[int, int], Any] = {}
        self.rows: dict[tuple[int, int], Any] = {}
        self.sums: dict[tuple[int, int], Any] = {}
        self.weights: dict[int, list[float]] = {}
        self.inputs: dict[int, tuple[list[float], float]] = {}

    def begin(self, y: int, c: int) -> None:
        """Sum up what row y knows when it begins chunk c."""
        f, f3 = self.forget, self.forget * self.forget * self.forget
        f5 = f3 * f * f
        f9 = f5 * f3 * f
        z0, z1, z2 = (self.products.get((y, CHUNK * (c - 1) + k), self.nothing) for k in range(CHUNK))
        self.rows[y, c] = z2 + f * (z1 + f * z0) + f3 * self.rows.get((y, c - 1), self.nothing)
        above = self.sums.get((y - 1, c), self.nothing)
        near, far, further = (self.seen(y - 1 - k, c + k) for k in range(3))
        self.sums[y, c] = f * (self.rows[y, c] + above + near) + f5 * far + f9 * further

    def seen(self, y: int, c: int) -> Any:
        """Products of a chunk, seen from its left end."""
        z0, z1, z2 = (self.products.get((y, CHUNK * c + k), self.nothing) for k in range(CHUNK))
        return z0 + self.forget * (z1 + self.forget * z2)


def solve(sums: list[float], n: int) -> list[float]:
    """Return the weights, by LDL^T in the order that the format fixes."""
    a = [sums[i * (i + 1) // 2 : i * (i + 1) // 2 + i + 1] for i in range(n)]
    right, inverse = sums[-n:], [0.0] * n
    for i in range(n):
        for j in range(i):
            for k in range(j):
                a[i][j] -= a[i][k] * a[j][k]
        a[i][i] += RIDGE
        for j in range(i):
            z = a[i][j]
            a[i][j] = z * inverse[j]
            a[i][i] -= z * a[i][j]
            right[i] -= a[i][j] * right[j]
        inverse[i] = 1.0 / max(a[i][i], PIVOT)
    weights = [0.0] * n
    for i in range(n - 1, -1, -1):
        weights[i] = right[i] * inverse[i]
        for k in range(i + 1, n):
            weights[i] -= a[k][i] * weights[k]
    return weights

"""What `container/BITSTREAM.md` says of values, in plain NumPy: the grid of a residual layer, and those that occur."""

import numpy as np


class Values:
    """From samples to the values that coders code, and back."""

    def __init__(self, common: bytes, channels: int, max_error: int, low: int = 0, high: int = 255) -> None:
        """Read the common payload of RLYR for a picture of so many channels."""
        self.e, self.low, self.high = max_error, low, high
        self.step = 2 * max_error + 1
        size = (high - low + max_error) // self.step + 1
        every = list(range(size))
        self.occurring = [every] * channels
        if common:
            bits = np.unpackbits(np.frombuffer(common, np.uint8)).reshape(channels, -1)
            assert size <= 256
            assert bits.shape[1] == -(-size // 8) * 8
            assert not bits[:, size:].any()
            self.occurring = [np.flatnonzero(row).tolist() for row in bits]
            assert all(self.occurring)
            assert self.occurring != [every] * channels
        self.top = max(map(len, self.occurring)) - 1

    def of(self, samples: np.ndarray) -> np.ndarray:
        """Return the values of samples (h, w, C), int32."""
        grid = (samples.astype(np.int64) - self.low + self.e) // self.step
        planes = [self._ranks(grid[..., c], occurring) for c, occurring in enumerate(self.occurring)]
        return np.stack(planes, axis=-1).astype(np.int32)

    def samples(self, values: np.ndarray) -> np.ndarray:
        """Return the samples of values (h, w, C), int64; a value that stands for none is an IndexError."""
        planes = [np.array(occurring)[values[..., c]] for c, occurring in enumerate(self.occurring)]
        return np.minimum(np.stack(planes, axis=-1) * self.step + self.low, self.high)

    def _ranks(self, grid: np.ndarray, occurring: list[int]) -> np.ndarray:
        below = (np.array(occurring) < grid[..., None]).sum(axis=-1)
        return np.minimum(below, len(occurring) - 1)

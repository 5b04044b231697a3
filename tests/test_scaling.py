"""Base pictures of smaller scales are enlarged as FORMAT.md says, sample by sample."""

import numpy as np
import pytest
import reference_samples

from hybridcodec.scaling import enlarged, scaled_size

SIZES = ((1, 1), (1, 2), (2, 1), (1, 40), (40, 1), (7, 9), (8, 8), (9, 7), (16, 24), (33, 65))


@pytest.mark.parametrize("scale", range(4))
@pytest.mark.parametrize("channels", [1, 3])
def test_enlarged_pictures_are_those_of_the_reference(scale: int, channels: int) -> None:
    for height, width in SIZES:
        base = some_base(height, width, channels, scale)
        made = enlarged(base, scale, height, width)
        assert made.shape == (height, width, channels)
        assert made.dtype == np.uint8
        np.testing.assert_array_equal(made, reference_samples.enlarge(base, scale, width, height))


@pytest.mark.parametrize("scale", range(4))
def test_enlarged_samples_are_those_of_the_formula(scale: int) -> None:
    """The lines of FORMAT.md for one sample at a time."""
    height, width, f = 11, 13, 1 << scale
    base = some_base(height, width, 1, scale)

    def known(y: int, x: int) -> int:
        return int(base[min(max(y, 0), base.shape[0] - 1), min(max(x, 0), base.shape[1] - 1), 0])

    made = enlarged(base, scale, height, width)
    for y in range(height):
        for x in range(width):
            y0, wy = divmod(2 * y + 1 - f, 2 * f)
            x0, wx = divmod(2 * x + 1 - f, 2 * f)
            upper, lower = ((2 * f - wx) * known(row, x0) + wx * known(row, x0 + 1) for row in (y0, y0 + 1))
            assert made[y, x, 0] == ((2 * f - wy) * upper + wy * lower + 2 * f * f) >> (2 * scale + 2)


@pytest.mark.parametrize("scale", range(4))
def test_a_picture_of_one_pixel_and_flat_pictures_keep_their_samples(scale: int) -> None:
    for height, width in SIZES:
        for value in (0, 1, 128, 255):
            base = np.full((*scaled_size(height, width, scale), 3), value, np.uint8)
            assert np.array_equal(enlarged(base, scale, height, width), np.full((height, width, 3), value))


def some_base(height: int, width: int, channels: int, scale: int) -> np.ndarray:
    """Noise with both extremes in it."""
    shape = (*scaled_size(height, width, scale), channels)
    rng = np.random.default_rng([height, width, channels, scale])
    return rng.choice([0, 255, *range(256)], shape).astype(np.uint8)

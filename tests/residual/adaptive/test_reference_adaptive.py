"""The coder that adapts does what `container/BITSTREAM.md` says: a decoder written from it alone reads its tiles."""

import numpy as np
import pytest
import reference_adaptive
import residual_models

from hybridcodec.errors import CorruptFileError
from hybridcodec.residual import Quantiser
from hybridcodec.residual.adaptive.model import AdaptiveModel
from hybridcodec.residual.adaptive.planes import to_planes

WHOLE = (512, 512)
SHAPES = [(1, 1), (1, 17), (17, 1), (2, 2), (3, 2), (7, 13), (18, 7)]


def check(tensors: residual_models.Arrays, height: int, width: int, channels: int, max_error: int, seed: int) -> None:
    samples, base = residual_models.pair(height, width, channels, seed)
    model, grid = AdaptiveModel.from_tensors(tensors), Quantiser(max_error)
    (payload,) = residual_models.encode(samples, base, model, tile=WHOLE, max_error=max_error)
    read = reference_adaptive.decode_tile(payload, tensors, to_planes(grid.values(base)), channels, grid.top)
    assert np.array_equal(read, to_planes(grid.values(samples))[:channels])


@pytest.mark.parametrize(("height", "width"), SHAPES)
@pytest.mark.parametrize("channels", [1, 3])
def test_the_described_decoder_reads_tiles_of_every_shape(height: int, width: int, channels: int) -> None:
    check(residual_models.random_tensors(1, 30), height, width, channels, 0, 5)


@pytest.mark.parametrize("max_error", [1, 3, 100, 255])
def test_the_described_decoder_reads_near_lossless_tiles(max_error: int) -> None:
    check(residual_models.random_tensors(2), 9, 10, 3, max_error, 6)


@pytest.mark.parametrize(("spread", "experts", "speed"), [(0, 1, 1), (60, 3, 1), (900, 2, 1), (60, 2, 100)])
def test_the_described_decoder_follows_the_tile_under_any_model(spread: int, experts: int, speed: float) -> None:
    check(residual_models.random_tensors(7, spread, experts, speed), 20, 15, 3, 0, 7)


@pytest.mark.parametrize(
    ("height", "width", "channels", "count"), [(1, 9, 3, 2), (13, 11, 3, 1), (19, 8, 1, 2), (9, 14, 3, 2)]
)
def test_the_described_decoder_knows_experts_of_phases(height: int, width: int, channels: int, count: int) -> None:
    tensors = residual_models.with_phases(residual_models.random_tensors(9, 60, 3), count)
    check(tensors, height, width, channels, 0, 9)


def test_the_described_decoder_refuses_what_no_encoder_wrote() -> None:
    rng = np.random.default_rng(8)
    tensors, (samples, base) = residual_models.random_tensors(8, 30), residual_models.pair(6, 5, 1, 8)
    model = AdaptiveModel.from_tensors(tensors)
    (payload,) = residual_models.encode(samples, base, model, tile=WHOLE)
    for altered in (*(rng.bytes(4 * n) for n in range(12)), payload[:-4], payload + bytes(4), payload + rng.bytes(4)):
        with pytest.raises(ValueError, match="corrupt"):
            reference_adaptive.decode_tile(altered, tensors, to_planes(base), 1, 255)
        with pytest.raises(CorruptFileError):
            residual_models.decode([altered], base, model, tile=WHOLE)

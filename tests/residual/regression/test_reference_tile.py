"""The residual layer does what `container/BITSTREAM.md` says: a decoder written from that document reads its tiles."""

import numpy as np
import pytest
import reference_residual
import residual_models

from hybridcodec.errors import CorruptFileError
from hybridcodec.residual import Quantiser
from hybridcodec.residual.regression.model import ResidualModel
from hybridcodec.residual.regression.planes import to_planes

WHOLE = (512, 512)
SHAPES = [(1, 1), (1, 17), (17, 1), (2, 2), (3, 2), (2, 3), (7, 13), (13, 7), (11, 5)]


def check(tensors: residual_models.Arrays, height: int, width: int, channels: int, max_error: int, seed: int) -> None:
    samples, base = residual_models.pair(height, width, channels, seed)
    model, grid = ResidualModel.from_tensors(tensors), Quantiser(max_error)
    (payload,) = residual_models.encode(samples, base, model, tile=WHOLE, max_error=max_error)
    read = reference_residual.decode_tile(payload, tensors, to_planes(grid.values(base)), channels, grid.top)
    assert np.array_equal(read, to_planes(grid.values(samples))[:channels])


@pytest.mark.parametrize(("height", "width"), SHAPES)
@pytest.mark.parametrize("channels", [1, 3])
def test_the_described_decoder_reads_tiles_of_every_shape(height: int, width: int, channels: int) -> None:
    check(residual_models.shipped_tensors(), height, width, channels, 0, 5)


@pytest.mark.parametrize("max_error", [1, 2, 8, 100, 255])
def test_the_described_decoder_reads_near_lossless_tiles(max_error: int) -> None:
    check(residual_models.shipped_tensors(), 9, 10, 3, max_error, 6)


@pytest.mark.parametrize("spread", [0, 60, 900])
def test_the_described_decoder_reads_tiles_of_a_random_model(spread: int) -> None:
    check(residual_models.random_tensors(7, spread), 10, 9, 3, 0, 7)


def test_the_described_decoder_refuses_what_no_encoder_wrote() -> None:
    rng = np.random.default_rng(8)
    tensors, (samples, base) = residual_models.random_tensors(8, 30), residual_models.pair(6, 5, 1, 8)
    model = ResidualModel.from_tensors(tensors)
    (payload,) = residual_models.encode(samples, base, model, tile=WHOLE)
    for altered in (*(rng.bytes(4 * n) for n in range(12)), payload[:-4], payload + bytes(4), payload + rng.bytes(4)):
        with pytest.raises(ValueError, match="corrupt"):
            reference_residual.decode_tile(altered, tensors, to_planes(base), 1, 255)
        with pytest.raises(CorruptFileError):
            residual_models.decode([altered], base, model, tile=WHOLE)

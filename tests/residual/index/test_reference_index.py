"""The coder of screens does what BITSTREAM.md says: a decoder written from that document reads its tiles."""

import numpy as np
import pytest
import reference_index
from numpy.typing import NDArray

from hybridcodec.errors import CorruptFileError
from hybridcodec.modes import Backend
from hybridcodec.residual.index import tile


def encode(values: NDArray[np.int32], top: int) -> bytes:
    return tile.encode(values, top.bit_length(), lambda: None)


def values(height: int, width: int, channels: int, top: int, seed: int) -> NDArray[np.int32]:
    """Repeated marks, one plain part and one of noise."""
    random = np.random.default_rng(seed)
    marks = random.integers(0, top + 1, (3, 3, channels))
    found = np.tile(marks, (-(-height // 3), -(-width // 3), 1))[:height, :width].astype(np.int32)
    found[height // 2 :, : 2 * width // 3] = random.integers(0, top + 1, channels)
    found[height // 4 : height // 3, width // 3 :] = random.integers(0, top + 1, channels)
    noisy = found[: height // 5, width // 2 :]
    noisy[:] = random.integers(0, top + 1, noisy.shape)
    return found


@pytest.mark.parametrize(
    ("height", "width", "channels", "top"),
    [
        *[(1, 1, 1, 255), (1, 40, 3, 255), (40, 1, 2, 255), (2, 2, 4, 255), (5, 70, 1, 1), (30, 35, 3, 255)],
        *[(20, 25, 4, 255), (22, 24, 2, 85), (30, 20, 1, 15), (20, 20, 3, 36), (9, 9, 3, 1)],
    ],
)
def test_the_described_decoder_reads_tiles(height: int, width: int, channels: int, top: int) -> None:
    written = values(height, width, channels, top, 4)
    found = reference_index.decode_tile(encode(written, top), written.shape, top)
    assert np.array_equal(found, written)


def test_the_described_decoder_reads_a_tile_that_fills_its_tables() -> None:
    written = np.random.default_rng(6).integers(0, 256, (33, 40, 2)).astype(np.int32)  # lines are replaced
    assert np.array_equal(reference_index.decode_tile(encode(written, 255), written.shape, 255), written)


def test_the_described_decoder_refuses_what_no_encoder_wrote() -> None:
    written = values(9, 12, 3, 255, 7)
    payload = encode(written, 255)
    random = np.random.default_rng(8)
    for altered in (random.bytes(len(payload)), payload[:-4], payload + bytes(4), payload + random.bytes(4)):
        with pytest.raises(ValueError, match="corrupt"):
            reference_index.decode_tile(altered, written.shape, 255)
        with pytest.raises(CorruptFileError):
            tile.decode(altered, written.shape, 8, lambda: None, Backend.COMPILED)

"""A file with two layers, and its page in a browser."""

from pathlib import Path

import numpy as np
import pytest
from browsers import browser
from numpy.typing import NDArray

from hybridcodec import codec
from hybridcodec.image import Picture
from hybridcodec.sources import write_picture

__all__ = ["browser"]


def photo(height: int = 60, width: int = 84) -> NDArray[np.uint8]:
    """Smooth colours with noise on them: something that a preview does not have."""
    rows, columns = np.mgrid[:height, :width]
    smooth = (rows * 2 + columns)[..., None] + np.array([20, 50, 80])
    return (smooth + np.random.default_rng(7).integers(0, 30, smooth.shape)).astype(np.uint8)


@pytest.fixture(scope="session")
def samples() -> NDArray[np.uint8]:
    return photo()


@pytest.fixture(scope="session")
def lossless(samples: NDArray[np.uint8]) -> bytes:
    return codec.encode(samples)


@pytest.fixture(scope="session")
def folder(tmp_path_factory: pytest.TempPathFactory, samples: NDArray[np.uint8], lossless: bytes) -> Path:
    """photo.hyc, and photo.png that it was made of."""
    made = tmp_path_factory.mktemp("view")
    (made / "photo.hyc").write_bytes(lossless)
    (made / "photo.png").write_bytes(write_picture(Picture.of(samples)).data)
    return made

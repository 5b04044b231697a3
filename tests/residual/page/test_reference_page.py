"""The page coder does what BITSTREAM.md says: a decoder written from that document reads its tiles."""

import os
import subprocess
import sys

import numpy as np
import pytest
import reference_page
from numpy.typing import NDArray

from hybridcodec.residual.page import coder

Pixels = NDArray[np.int32]


def written(pixels: Pixels, *, matching: bool) -> bytes:
    return coder.encoded(pixels, lambda: None, matching=matching)


def signs(height: int, width: int) -> Pixels:
    """Three signs again and again, some pixels changed, and empty space."""
    random = np.random.default_rng(5)
    shapes = np.kron(random.integers(0, 2, (3, 4, 3)), np.ones((2, 2), np.int64))
    pixels = np.zeros((height, width), np.int32)
    for y in range(2, height - 8, 11):
        for x in range(1, width - 40, 9):
            pixels[y : y + 8, x : x + 6] = shapes[random.integers(3)]
    return pixels ^ (random.random(pixels.shape) < 0.004)


@pytest.mark.parametrize("matching", [False, True])
@pytest.mark.parametrize(("height", "width"), [(1, 1), (1, 45), (30, 1), (9, 32), (13, 71)])
def test_the_described_decoder_reads_tiles(height: int, width: int, matching: bool) -> None:
    pixels = signs(height, width)
    found = reference_page.decode_tile(written(pixels, matching=matching), height, width)
    assert np.array_equal(found, pixels)


@pytest.mark.parametrize("matching", [False, True])
def test_the_described_decoder_reads_noise_and_its_inverse(matching: bool) -> None:
    pixels = np.random.default_rng(1).integers(0, 2, (6, 40)).astype(np.int32)
    for each in (pixels, 1 - pixels, np.ones_like(pixels)):
        assert np.array_equal(reference_page.decode_tile(written(each, matching=matching), 6, 40), each)


def test_the_described_decoder_refuses_what_no_encoder_wrote() -> None:
    payload = written(signs(9, 40), matching=False)
    for altered in (b"", b"\4" + payload[1:], payload[:-4], payload + bytes(4)):
        with pytest.raises(ValueError, match="corrupt"):
            reference_page.decode_tile(altered, 9, 40)


def test_compiled_and_plain_python_agree() -> None:
    pixels = signs(10, 45)
    script = (
        "import sys, numpy as np\n"
        "from hybridcodec.residual.page import coder\n"
        "pixels = np.array([list(map(int, row)) for row in sys.argv[1].split()], np.int32)\n"
        "for matching in (False, True):\n"
        "    print(coder.encoded(pixels, lambda: None, matching=matching).hex())\n"
    )
    rows = " ".join("".join(map(str, row)) for row in pixels)
    environment = {**os.environ, "NUMBA_DISABLE_JIT": "1", "PYTHONPATH": os.pathsep.join(filter(None, sys.path))}
    done = subprocess.run(
        [sys.executable, "-W", "ignore", "-c", script, rows],
        capture_output=True,
        text=True,
        env=environment,
        check=True,
    )
    assert done.stdout.split() == [written(pixels, matching=matching).hex() for matching in (False, True)]

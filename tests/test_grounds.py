"""What exact tiles are coded on: the base picture itself, where it has their size."""

import tracemalloc

import numpy as np
import picture_layers

from hybridcodec.grounds import ground

SIDE = 192


def test_nothing_of_a_pictures_size_is_made_beside_its_base_picture() -> None:
    samples = np.random.default_rng(1).integers(0, 256, (SIDE, SIDE, 3), np.uint8)
    picture, base = picture_layers.lossless(samples), np.zeros_like(samples)
    ground(picture, base=base)  # what is loaded once
    tracemalloc.start()
    found = ground(picture, base=base)
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert found.base is base
    assert peak < samples.nbytes / 2

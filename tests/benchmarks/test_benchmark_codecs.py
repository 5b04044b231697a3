import numpy as np
import pytest

from benchmarks.codecs import NAMES, OURS, U8, build, centres, quantised
from benchmarks.measure import worst_error
from benchmarks.pictures import picture

OTHERS = [name for name in NAMES if name != OURS]
EVERY_VALUE: U8 = np.arange(256, dtype=np.uint8)


def _samples(channels: int) -> U8:
    rng = np.random.default_rng(7)
    smooth = np.cumsum(rng.integers(-2, 3, (33, 47, channels)), 1).astype(np.uint8)  # wraps around: every value
    return smooth[..., 0] if channels == 1 else smooth


@pytest.mark.parametrize("channels", [1, 3])
@pytest.mark.parametrize("name", OTHERS)
def test_other_codecs_give_every_sample_back(name: str, channels: int) -> None:
    pytest.importorskip("imagecodecs")
    codec, samples = build(name), _samples(channels)
    assert worst_error(samples, codec.decode(codec.encode(samples))) == 0


@pytest.mark.parametrize("bound", [1, 8])
@pytest.mark.parametrize("name", OTHERS)
def test_other_codecs_keep_the_bound(name: str, bound: int) -> None:
    pytest.importorskip("imagecodecs")
    codec, samples = build(name, bound=bound), _samples(3)
    assert 0 < worst_error(samples, codec.decode(codec.encode(samples))) <= bound


@pytest.mark.parametrize("bound", [0, 3])
def test_this_codec_is_built_with_its_bound(bound: int) -> None:
    codec, samples = build(OURS, bound=bound), picture(2, 0, largest=20).samples
    assert worst_error(samples, codec.decode(codec.encode(samples))) <= bound


@pytest.mark.parametrize("bound", [1, 2, 3, 5, 8, 127])
def test_quantised_samples_stay_within_the_bound(bound: int) -> None:
    assert worst_error(EVERY_VALUE, centres(quantised(EVERY_VALUE, bound), bound)) == bound
    assert len(np.unique(quantised(EVERY_VALUE, bound))) == 1 + (255 + bound) // (2 * bound + 1)


def test_an_unknown_codec_is_refused() -> None:
    with pytest.raises(KeyError):
        build("gif")

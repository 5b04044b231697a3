"""The sample hash depends on the samples alone."""

import hashlib

import numpy as np
import pytest
from hybridcodec_container import ContainerError, SampleHasher, hash_samples

RGB = np.arange(24, dtype=np.uint8).reshape(2, 4, 3)


def test_hash_is_sha256_of_these_bytes() -> None:
    prefix = b"HYCS" + bytes([4, 0, 0, 0, 2, 0, 0, 0, 3, 1, 0, 0])
    assert hash_samples(RGB) == hashlib.sha256(prefix + bytes(range(24))).digest()


def test_deep_samples_are_hashed_little_endian() -> None:
    deep = np.array([[0x0102, 0xFFFE]], np.uint16)
    prefix = b"HYCS" + bytes([2, 0, 0, 0, 1, 0, 0, 0, 1, 2, 0, 0])
    assert hash_samples(deep) == hashlib.sha256(prefix + b"\x02\x01\xfe\xff").digest()
    assert hash_samples(deep.astype(">u2")) == hash_samples(deep)


def test_signed_samples_have_another_hash() -> None:
    signed = np.array([[-1, 2]], np.int16)
    prefix = b"HYCS" + bytes([2, 0, 0, 0, 1, 0, 0, 0, 1, 2, 1, 0])
    assert hash_samples(signed) == hashlib.sha256(prefix + b"\xff\xff\x02\x00").digest()
    assert hash_samples(signed.astype(">i2")) == hash_samples(signed)
    assert hash_samples(signed.view(np.uint16)) != hash_samples(signed)


def test_memory_layout_does_not_matter_but_shape_and_depth_do() -> None:
    assert hash_samples(np.asfortranarray(RGB)) == hash_samples(RGB)
    assert hash_samples(RGB[:, :, :1]) == hash_samples(RGB[:, :, 0])
    others = [RGB.reshape(4, 2, 3), RGB.reshape(2, 12), RGB.astype(np.uint16), RGB + np.uint8(1)]
    assert len({hash_samples(samples) for samples in (RGB, *others)}) == 5


@pytest.mark.parametrize(
    "samples",
    [
        np.zeros((2, 2, 5), np.uint8),
        np.zeros(4, np.uint8),
        np.zeros((0, 2), np.uint8),
        np.zeros((2, 2), np.int32),
        np.zeros((2, 2), np.uint32),
        np.zeros((2, 2), bool),
        np.zeros((2, 2)),
    ],
)
def test_other_arrays_are_refused(samples: np.ndarray) -> None:
    with pytest.raises(ContainerError, match="samples must be"):
        hash_samples(samples)


def test_rows_one_after_the_other_have_the_hash_of_the_whole() -> None:
    samples = np.random.default_rng(5).integers(0, 65536, (9, 4, 3)).astype(np.uint16)
    hasher = SampleHasher(samples.shape, samples.dtype)
    for rows in (samples[:2], samples[2:3], samples[3:]):
        hasher.add(rows)
    assert hasher.digest() == hash_samples(samples)

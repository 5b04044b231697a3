"""Arithmetic of FORMAT.md, as `container/reference` has it: values worked out by hand, and what must hold for all."""

import ast
from pathlib import Path

import numpy as np
import pytest
import reference_container
import reference_samples
import reference_source
from hybridcodec_container import hash_samples
from hypothesis import given, settings
from hypothesis import strategies as st


def test_reference_needs_nothing_of_the_product() -> None:
    for module in (reference_container, reference_samples, reference_source):
        assert "hybridcodec" not in {
            name.split(".")[0].removesuffix("_container")
            for node in ast.walk(ast.parse(Path(module.__file__).read_text()))
            for name in ([alias.name for alias in node.names] if isinstance(node, ast.Import) else [])
            + ([node.module or ""] if isinstance(node, ast.ImportFrom) else [])
        }


@pytest.mark.parametrize("kind", ["u1", "<u2", ">u2", "i1", "<i2", ">i2"])
def test_sample_hash_is_that_of_the_product(kind: str) -> None:
    for shape in ((3, 4), (3, 4, 2)):
        samples = np.arange(np.prod(shape)).reshape(shape).astype(kind)
        assert reference_samples.sample_hash(samples) == hash_samples(samples)


def test_enlarged_picture_has_these_values() -> None:
    base = np.array([[[0], [100]], [[200], [40]]], np.uint8)
    twice = reference_samples.enlarge(base, 1, 4, 3)[..., 0]
    assert twice.tolist() == [[0, 25, 75, 100], [50, 59, 76, 85], [150, 126, 79, 55]]
    assert reference_samples.enlarge(base, 0, 2, 2).tolist() == base.tolist()


@settings(derandomize=True, deadline=None, max_examples=60)
@given(st.integers(0, 3), st.integers(1, 30), st.integers(1, 30), st.integers(0, 255))
def test_enlarging_keeps_flat_pictures_and_never_leaves_the_range(
    scale: int, width: int, height: int, value: int
) -> None:
    sides = (-(-height >> scale), -(-width >> scale), 3)
    assert (reference_samples.enlarge(np.full(sides, value, np.uint8), scale, width, height) == value).all()
    base = np.random.default_rng(value).integers(0, 256, sides).astype(np.uint8)
    large = reference_samples.enlarge(base, scale, width, height)
    assert large.shape == (height, width, 3)
    assert base.min() <= large.min()
    assert large.max() <= base.max()
    turned = reference_samples.enlarge(base.transpose(1, 0, 2), scale, height, width)
    np.testing.assert_array_equal(turned.transpose(1, 0, 2), large)


def test_enlarging_is_symmetric_where_the_sides_are_multiples() -> None:
    base = np.random.default_rng(0).integers(0, 256, (3, 5, 1)).astype(np.uint8)
    for scale in range(4):
        large = reference_samples.enlarge(base, scale, 5 << scale, 3 << scale)
        mirrored = reference_samples.enlarge(base[:, ::-1], scale, 5 << scale, 3 << scale)
        np.testing.assert_array_equal(mirrored[:, ::-1], large)


def test_tone_maps_have_these_values() -> None:
    s = np.array([-200, -100, -99, 0, 27, 28, 155, 156, 300], np.int16)
    window = {"low": -100, "high": 155, "invert": False}
    assert reference_samples.tone(s, window, 16).tolist() == [0, 0, 1, 100, 127, 128, 255, 255, 255]
    assert reference_samples.tone(s, window | {"invert": True}, 16).tolist()[:3] == [255, 255, 254]
    assert reference_samples.tone(np.array([0, 1, 2, 3]), {"low": 0, "high": 3, "invert": False}, 2).tolist() == [
        0, 85, 170, 255
    ]  # fmt: skip
    steps = {"thresholds": [*range(-100, 154), 9999], "invert": False}
    assert reference_samples.tone(s, steps, 16).tolist() == [0, 1, 2, 101, 128, 129, 254, 254, 254]
    assert reference_samples.tone(np.arange(4), None, 2).tolist() == [0, 85, 170, 255]
    assert reference_samples.tone(np.arange(256), None, 8).tolist() == list(range(256))


def test_base_picture_of_indices_shows_the_colours() -> None:
    indices = np.array([[0, 1], [1, 0]])
    plain = {"channels": 3, "bits": 8, "entries": bytes([1, 2, 3, 250, 251, 252]).hex()}
    assert reference_samples.colours(indices, plain)[0].tolist() == [[1, 2, 3], [250, 251, 252]]
    deep = {"channels": 4, "bits": 16, "entries": np.array([0, 257, 65535, 0, 256, 513, 514, 9], "<u2").tobytes().hex()}
    assert reference_samples.colours(indices, deep)[0].tolist() == [[0, 1, 255], [0, 1, 2]]

import numpy as np
import pytest

from benchmarks.pictures import KINDS, picture, pictures


def test_a_picture_depends_on_seed_and_index_alone() -> None:
    first = list(pictures(30, 3))
    assert all(np.array_equal(picture(k, 3).samples, first[k].samples) for k in (0, 17, 29))
    assert picture(2, 3).samples.tobytes() != picture(2, 4).samples.tobytes()


def test_every_run_of_pictures_has_each_kind() -> None:
    names = " ".join(each.name for each in pictures(len(KINDS), 5))
    assert all(kind in names for kind in KINDS)


@pytest.mark.parametrize("largest", [1, 9, 300])
def test_pictures_are_gray_or_rgb_bytes_of_the_sides_asked_for(largest: int) -> None:
    for each in pictures(3 * len(KINDS), 1, largest=largest):
        assert each.samples.dtype == np.uint8
        assert each.samples.ndim == 2 or each.samples.shape[2] == 3
        assert 1 <= min(each.samples.shape[:2]) <= max(each.samples.shape[:2]) <= largest


def test_the_full_run_has_the_shapes_that_matter() -> None:
    shapes = [each.samples.shape for each in pictures(2000, 0)]
    assert {1, 2, 17, 127, 128, 129, 257, 293, 300} <= {side for shape in shapes for side in shape[:2]}
    assert {(1, 1), (1, 1, 3)} <= set(shapes)
    assert any(shape[0] == 1 and shape[1] > 200 for shape in shapes)
    assert any(shape[1] == 1 and shape[0] > 200 for shape in shapes)
    assert 0.2 < np.mean([len(shape) == 2 for shape in shapes]) < 0.5

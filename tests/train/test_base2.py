"""Base 2 in float: its loss stays what the shipped model was trained with, its weights pass through files."""

from pathlib import Path

import numpy as np
import pytest
import torch
from safetensors.torch import save_file
from torch import Tensor

from hybridcodec.errors import InputError
from hybridcodec.train.base2.loss import objective
from hybridcodec.train.base2.network import LATENTS, Base2, quarters
from hybridcodec.train.base2.task import qualities
from hybridcodec.train.base2.validation import measured
from hybridcodec.train.base2.weights import begin, begin_linear, packed, read_weights

FILES = [Path(__file__).parents[2] / "training" / f"base2-{part}-int8.safetensors" for part in ("analysis", "decoder")]


def squares(count: int = 2, edge: int = 128) -> Tensor:
    noise = torch.rand(count, 3, edge, edge, generator=torch.Generator().manual_seed(1)) * 60
    return (noise + torch.linspace(0, 190, edge)).round()


@pytest.fixture(scope="module")
def trained() -> Base2:
    network = Base2()
    begin(network, read_weights(FILES))
    return network


@torch.no_grad()
def test_the_loss_is_the_one_that_the_shipped_model_was_trained_with(trained: Base2) -> None:
    torch.manual_seed(3)
    loss, parts = objective(trained, squares(), torch.tensor([0.1, 0.8]))
    assert float(loss) == pytest.approx(17.2652, rel=0.02)  # bfloat16 differs a little between processors
    assert parts.shape == (6, 2)


@torch.no_grad()
def test_weights_of_8_bits_are_on_the_grid_that_training_puts_them_on(trained: Base2) -> None:
    x, t = squares(), torch.tensor([0.1, 0.8])
    free = trained(x, t, deployed=True)
    trained.grid.fill_(1.0)
    on_grid = trained(x, t, deployed=True)
    trained.grid.fill_(0.0)
    assert all(torch.equal(a, b) for a, b in zip(free, on_grid, strict=True))


def test_packing_keeps_what_is_on_the_grid(trained: Base2, tmp_path: Path) -> None:
    save_file(packed({k: v.detach() for k, v in trained.named_parameters()}), tmp_path / "packed")
    again = read_weights([tmp_path / "packed"])
    named = dict(trained.named_parameters())
    for name in ("g_s.layers.0.weight", "ctx_b.out.weight", "h_s.5.weight"):
        assert torch.equal(again[name], named[name]), name


@torch.no_grad()
def test_a_narrower_network_is_taken_up_without_changing_what_it_does(trained: Base2) -> None:
    narrow = {k: v.clone() for k, v in trained.named_parameters() if k.startswith("ctx_a.")}
    cut = {"ctx_a.y.weight": narrow["ctx_a.y.weight"][:64], "ctx_a.y.bias": narrow["ctx_a.y.bias"][:64]}
    cut |= {"ctx_a.p.weight": narrow["ctx_a.p.weight"][:64], "ctx_a.p.bias": narrow["ctx_a.p.bias"][:64]}
    cut |= {"ctx_a.out.weight": narrow["ctx_a.out.weight"][:, :64], "ctx_a.out.bias": narrow["ctx_a.out.bias"]}
    wide = Base2()
    begin(wide, cut)
    assert float(wide.ctx_a.out.weight[:, 64:].abs().max()) == 0


@pytest.mark.parametrize(("name", "found"), [("nobody", "nothing of that name"), ("log_gain", "at most")])
def test_weights_of_something_else_are_refused_by_name(name: str, found: str) -> None:
    with pytest.raises(InputError, match=f"{name} is .*{found}"):
        begin(Base2(), {name: torch.zeros(1, 2, 3)})


@torch.no_grad()
def test_without_weights_it_begins_as_principal_components() -> None:
    torch.manual_seed(1)
    network, x = Base2(), squares(8)
    begin_linear(network, x)
    out, _ = network(x, torch.full((8,), 1.0), deployed=True)
    assert float((out - x).square().mean()) < 0.5 * float((x - x.mean((2, 3), keepdim=True)).square().mean())


def test_every_latent_belongs_to_one_of_four_passes() -> None:
    boards = torch.stack(quarters(torch.zeros(1, LATENTS, 4, 6)))
    assert torch.equal(boards.sum(0), torch.ones(1, LATENTS, 4, 6))
    assert boards.mean((1, 2, 3, 4)).tolist() == [0.25] * 4


def test_qualities_of_a_batch_are_spread_over_all_and_mostly_low() -> None:
    torch.manual_seed(1)
    t = qualities(48, torch.device("cpu"))
    assert -0.37 <= float(t.min()) < -0.3
    assert 0.97 < float(t.max()) <= 1.02
    assert 0.7 < float((t < 0.65).float().mean()) < 0.8


def test_measuring_meets_the_rate(trained: Base2) -> None:
    picture = squares(1, 192)[0].permute(1, 2, 0).numpy().astype(np.uint8)
    (line,) = measured(trained, [picture], [0.4])
    assert line.startswith("0.40: 0.39")  # from below, as near as eleven halvings come
    assert "PSNR 2" in line

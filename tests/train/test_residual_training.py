"""What the residual's networks learn from is what the coder does: its features, its following, its bits."""

import numpy as np
import pytest

torch = pytest.importorskip("torch", reason="the extra `train` is not installed")

from numpy.typing import NDArray  # noqa: E402

from hybridcodec.entropy.bounds import notes_for  # noqa: E402
from hybridcodec.residual.adaptive.contexts import DESIGNS  # noqa: E402
from hybridcodec.residual.adaptive.network import OUTPUTS  # noqa: E402
from hybridcodec.residual.adaptive.planes import to_planes  # noqa: E402
from hybridcodec.residual.adaptive.reading import Stream  # noqa: E402
from hybridcodec.residual.adaptive.state import Tile  # noqa: E402
from hybridcodec.residual.adaptive.steps import advance  # noqa: E402
from hybridcodec.residual.adaptive.wavefront import LEAD, PAD, active  # noqa: E402
from hybridcodec.residual.quantiser import Quantiser  # noqa: E402
from hybridcodec.train.adaptive import random_networks  # noqa: E402
from hybridcodec.train.mixture import Weighted  # noqa: E402
from hybridcodec.train.residual.coded import coded, integers_of  # noqa: E402
from hybridcodec.train.residual.crops import _KINDS, crop  # noqa: E402
from hybridcodec.train.residual.examples import Example, Examples, Grounds  # noqa: E402
from hybridcodec.train.residual.networks import Networks, scaled  # noqa: E402
from hybridcodec.train.residual.rows import PLACE, rows_of  # noqa: E402
from hybridcodec.train.residual.store import Steps, Store  # noqa: E402
from hybridcodec.train.residual.tasks import Adapted, Plain  # noqa: E402

EDGES = (40, 56)
CPU = torch.device("cpu")
FAST = DESIGNS["fast"]


def picture(edges: tuple[int, int] = EDGES, channels: int = 3) -> NDArray[np.uint8]:
    rng, (y, x) = np.random.default_rng(3), np.mgrid[: edges[0], : edges[1]]
    drawn = np.stack([120 + 60 * np.sin(x / 9 + c) + 40 * np.cos(y / 7) + rng.normal(0, 3, y.shape) for c in range(3)])
    return np.moveaxis(drawn, 0, 2).clip(0, 255).astype(np.uint8)[..., :channels]


def example(channels: int = 3, error: int = 0) -> Example:
    samples = picture(channels=channels)
    base = (samples // 16 * 16 + 8).astype(np.uint8)
    return Example(samples, base, Quantiser(error))


def store_of(made: Example, networks: Networks) -> Store:
    rows = torch.from_numpy(rows_of(made, integers_of(networks)))
    return Store(rows, torch.zeros(1, dtype=torch.long), Steps.of(EDGES, CPU))


@pytest.fixture(scope="module")
def networks() -> Networks:
    """Untrained but for the last layer, whose means and widths do something."""
    made = Networks(random_networks(FAST, 1), FAST)
    with torch.no_grad():
        made.linear[:, 0, :6].add_(0.02)
    return made


def walked(made: Example, networks: Networks) -> list[list[tuple[NDArray[np.int32], NDArray[np.int32]]]]:
    """Features (F, n) and outputs (9, n) of every channel at every step, as the coder has them."""
    values, below = (to_planes(v) for v in made.values)
    tile = Tile(integers_of(networks), below, values, made.samples.shape[2], made.quantiser.top)
    nothing, found = Stream(np.zeros(5, np.uint64), np.zeros(0, np.uint32)), []
    for t in tile.steps():
        advance(tile.working, tile.known, nothing, notes_for(0), t, t + 1)
        low, high = (edge + PAD for edge in active(t - LEAD, tile.height, tile.width))
        states = tile.working.states[: tile.channels]
        found.append(
            [(s.lanes.features[:, low:high].copy(), s.lanes.outputs[:OUTPUTS, low:high].copy()) for s in states]
        )
    return found


@pytest.mark.parametrize(("channels", "error"), [(3, 0), (1, 2)])
def test_rows_hold_the_features_that_the_coder_sees(networks: Networks, channels: int, error: int) -> None:
    made = example(channels, error)
    rows, steps = rows_of(made, integers_of(networks)), Steps.of(EDGES, CPU)
    for t, seen in enumerate(walked(made, networks)):
        here = rows[int(steps.first[t]) :][: int(steps.count[t])]
        for c, (features, _) in enumerate(seen):
            assert np.array_equal(here[:, c, : len(features)].T, features)
            assert not here[:, c, len(features) : -PLACE].any()
    assert np.array_equal(np.sort(rows[:, 0, -PLACE]), np.sort(made.values[0][..., min(channels - 1, 1)].ravel()))
    assert not rows[:, channels:].any()


def test_networks_side_by_side_are_those_that_are_exported(networks: Networks) -> None:
    features = torch.from_numpy(rows_of(example(), integers_of(networks))[:50, :, :-PLACE]).transpose(0, 1)
    for c, single in enumerate(networks.channels()):
        inputs = single.first.in_features
        assert torch.allclose(
            networks(scaled(features))[c], torch.cat(single(scaled(features[c, :, :inputs])), 1), atol=1e-5
        )


@pytest.mark.parametrize("channels", [3, 1])
def test_tiles_are_followed_as_the_coder_follows_them_and_cost_what_it_writes(
    networks: Networks, channels: int
) -> None:
    made = example(channels)
    task = Adapted(networks, store_of(made, networks), [made], tiles=1)
    task.step.zero_()
    outputs, total, follow = [], 0.0, task.following.outputs
    object.__setattr__(task.following, "outputs", lambda *given: outputs.append(follow(*given)) or outputs[-1])
    away, moved = [], []
    for t, seen in enumerate(walked(made, networks)):
        count, first = int(task.store.steps.count[t]), int(task.store.steps.first[t])
        loss, parts = task.loss()
        assert torch.isfinite(parts).all()
        total += float(loss.detach()) * count * channels
        features = task.store.rows[first : first + count, :, :-PLACE].transpose(0, 1)
        with torch.inference_mode():
            before = networks(scaled(features))
        for c, (_, there) in enumerate(seen):
            away.append(outputs[t].detach()[c, 0, :count].T.numpy() - there / 256)
            moved.append(before[c].T.numpy() - there / 256)
    distance, reach = (np.abs(np.concatenate(part, 1)) for part in (away, moved))
    assert distance.max() < 0.3
    assert distance.mean() < 0.1 * reach.mean()
    assert int(task.step) == 0
    assert not task.following.drift.any()  # another tile begins
    size = sum(len(tile.payload) for tile in coded(made, integers_of(networks)))
    assert total / 8 == pytest.approx(size, rel=0.01)


def test_both_tasks_make_files_smaller(networks: Networks) -> None:
    made = example()
    for kind, size in ((Plain, 256), (Adapted, 2)):
        own = Networks(networks.channels(), FAST)
        task = kind(own, store_of(made, own), [made], size)
        adam, before = torch.optim.Adam(own.parameters(), 5e-3), task.figures()["coded"]
        torch.manual_seed(1)
        for _ in range(40):
            adam.zero_grad()
            task.loss()[0].backward()
            adam.step()
        assert task.figures()["coded"] < before - 0.05


def test_examples_with_and_without_base_pictures_have_the_same_samples() -> None:
    pictures = [Weighted(picture((90, 130)), 1.0)]
    gray = Examples(pictures, EDGES, Grounds(None), 1)
    made = [gray.made(number) for number in range(40)]
    assert all((m.base == 128).all() and m.base.shape == m.samples.shape for m in made)
    assert {m.samples.shape[2] for m in made} == {1, 3}
    assert {m.quantiser.max_error for m in made} >= {0, 1}
    again = gray.made(7)
    assert np.array_equal(again.samples, made[7].samples)


@pytest.mark.parametrize("edges", [(90, 130), (130, 90), (30, 20)])
def test_crops_of_every_kind_have_the_size_of_a_tile_where_the_picture_has(edges: tuple[int, int]) -> None:
    for number in range(12 * len(_KINDS)):
        made = crop(picture(edges), EDGES, np.random.default_rng(number))
        assert made.dtype == np.uint8
        assert made.shape[0] <= EDGES[0]
        assert made.shape[1] <= EDGES[1]
        assert edges == (30, 20) or made.shape[:2] == EDGES

import json
import math
import shutil
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import residual_models
import torch
from click.testing import CliRunner
from PIL import Image
from safetensors.numpy import load_file

from hybridcodec.machine.pairs import VECTOR
from hybridcodec.models import store
from hybridcodec.residual.regression import features, mixture, network
from hybridcodec.residual.regression.coder import TILE_HEIGHT
from hybridcodec.residual.regression.model import ResidualModel
from hybridcodec.train.context_data import Example, Rows, gather, tables
from hybridcodec.train.context_network import ChannelNetwork
from hybridcodec.train.group import main
from hybridcodec.train.residual import ResidualRecipe, build, export_tensors, train_residual, validate

RECIPE = ResidualRecipe(minutes=0.02, hidden=8, batch=64)


def example(height: int, width: int, channels: int = 3, max_error: int = 0) -> Example:
    return Example(*residual_models.pair(height, width, channels), max_error)


def rows(seed: int = 1, height: int = 24, width: int = 40) -> list[Rows]:
    return gather([example(height, width)], 1.0, seed)


def networks(hidden: int = 16, seed: int = 3) -> torch.nn.ModuleList:
    """Networks with weights of the size that training reaches."""
    made = build(replace(RECIPE, hidden=hidden, seed=seed))
    with torch.no_grad():
        for network in made:
            assert isinstance(network, ChannelNetwork)
            network.out.weight.normal_(std=0.1)
            network.linear.weight.normal_(std=0.02)
            network.shape_mix.normal_()
    return made


def test_every_sub_pixel_gives_a_row_when_all_are_asked_for() -> None:
    found = rows()
    assert [len(r.places) for r in found] == [24 * 40] * 3
    assert [r.features.shape[1] for r in found] == [features.count_features(c, 2) for c in range(3)]
    samples = residual_models.pair(24, 40)[0]
    for r, channel in zip(found, (1, 0, 2), strict=True):
        assert np.array_equal(np.sort(r.places[:, 0]), np.sort(samples[..., channel].ravel()))
        assert (r.places[:, 2] >= features.FLOOR).all()
        assert (r.places[:, 3] == 255).all()


def test_gray_pictures_give_rows_of_the_first_channel_alone() -> None:
    assert [len(r.places) for r in gather([example(9, 11, 1)], 1.0, 1)] == [99, 0, 0]


def test_coarse_grids_give_rows_in_their_own_values() -> None:
    (green, _, _) = gather([example(9, 11, 3, max_error=2)], 1.0, 1)
    assert (green.places[:, 3] == 51).all()
    assert green.places[:, 0].max() <= 51


def test_a_part_of_the_steps_is_the_same_for_the_same_seed_and_any_threads() -> None:
    examples = [example(30, 50), example(20, 60)]
    first, again, other = (gather(examples, 0.3, seed, threads) for seed, threads in ((5, 1), (5, 2), (6, 1)))
    for a, b in zip(first, again, strict=True):
        assert np.array_equal(a.features, b.features)
        assert np.array_equal(a.places, b.places)
        assert 0.1 * 2700 < len(a.places) < 0.6 * 2700
    assert len(first[0].places) != len(other[0].places)


def test_high_pictures_are_walked_in_strips_like_tiles() -> None:
    (green, _, _) = gather([example(TILE_HEIGHT + 3, 5, 1)], 1.0, 1)
    assert len(green.places) == (TILE_HEIGHT + 3) * 5


def test_tables_follow_their_formulas() -> None:
    made = tables()
    assert made["logs"][16] == 0
    assert made["logs"][4349] == round(128 * math.log(4349 / 16))
    assert made["exponentials"][0] == 65536
    assert made["scales"][-mixture.LOG_SCALE_LOW] == mixture.MEAN_UNIT
    product = made["scales"].astype(float) * made["inverses"] / (1 << mixture.INVERSE_BITS) / mixture.TABLE_UNIT
    assert np.abs(product[40:] - 1).max() < 0.06
    for name, array in residual_models.shipped_tensors().items():
        assert name not in made or np.array_equal(array, made[name])


@pytest.mark.parametrize("channel", [0, 1, 2])
def test_the_integer_network_is_the_rounded_float_network(channel: int) -> None:
    """Both see the same rows: logits, means and log scales differ by rounding alone."""
    made, found = networks(), rows()[channel]
    model = ResidualModel.from_tensors(export_tensors(made.float()))
    made = made.float()
    real = torch.from_numpy(found.features).float() / features.UNIT
    with torch.inference_mode():
        floats = torch.cat(made[channel](real), 1).numpy()  # (N, 3 * COMPONENTS)
    net, lanes = model.channels[channel], len(real) // VECTOR * VECTOR
    found, floats = replace(found, features=found.features[:lanes]), floats[:lanes]
    room = network.scratch(net.network, lanes)
    x = np.ascontiguousarray(found.features.T.astype(np.int32))
    network.evaluate(x, 0, lanes, net.network, room)
    out = room[: network.OUTPUTS]
    assert np.abs(out.T / mixture.OUTPUT_UNIT - floats).max() < 0.15
    assert np.abs(out.T / mixture.OUTPUT_UNIT - floats).mean() < 0.02


def test_the_bits_that_training_counts_are_the_bytes_that_the_codec_writes() -> None:
    made = networks()
    picture = example(64, 96)
    counted = sum(validate(made, gather([picture], 1.0, 1))) * 64 * 96 / 8
    model = ResidualModel.from_tensors(export_tensors(made))
    written = sum(map(len, residual_models.encode(picture.samples, picture.base, model, tile=(64, 96))))
    assert written == pytest.approx(counted, rel=0.03)


def test_training_lowers_the_bits_leaves_its_curve_and_resumes(tmp_path: Path) -> None:
    out, found = tmp_path / "run.safetensors", rows()
    before = validate(build(RECIPE), found)
    trained = train_residual(found, found, RECIPE, out)
    after = validate(trained, found)
    assert sum(after) < sum(before)
    lines = [json.loads(line) for line in (tmp_path / "run.jsonl").read_text().splitlines()]
    assert lines[-1]["bits"] == [round(b, 4) for b in after]
    assert lines[-1]["step"] > 0
    longer = replace(RECIPE, minutes=0.03)
    train_residual(found, found, longer, out, resume=True)
    last = json.loads((tmp_path / "run.jsonl").read_text().splitlines()[-1])
    assert (last["step"] > lines[-1]["step"], last["minutes"]) == (True, round(longer.minutes, 2))


def test_training_can_begin_with_the_weights_of_another_run(tmp_path: Path) -> None:
    first, second, found = tmp_path / "a.safetensors", tmp_path / "b.safetensors", rows()
    trained = train_residual(found, found, RECIPE, first)
    begun = train_residual(found, found, replace(RECIPE, minutes=0.0), second, start=first)
    assert validate(begun, found) == pytest.approx(validate(trained, found))


def test_no_rows_of_a_channel_cost_nothing() -> None:
    assert validate(build(RECIPE), gather([example(5, 5, 1)], 1.0, 1))[1:] == [0.0, 0.0]


def test_the_commands_train_and_export_a_model_that_codes(tmp_path: Path) -> None:
    data, base = tmp_path / "pictures", tmp_path / "base.safetensors"
    data.mkdir()
    for number in range(2):
        Image.fromarray(residual_models.pair(192, 192, 3, number)[0]).save(data / f"{number}.png")
    for name in ("", "-analysis"):
        shutil.copy(store.FOLDER / f"base-v1{name}.safetensors", tmp_path / f"base{name}.safetensors")
    checkpoint, model = tmp_path / "run.safetensors", tmp_path / "model.safetensors"
    options = ["--data", str(data), "--base", str(base), "--out", str(checkpoint), "--share", "0.02"]
    options += ["--alterations", "1", "--minutes", "0.005", "--hidden", "8", "--batch", "32", "--held-out", "1"]
    result = CliRunner().invoke(main, ["residual", *options])
    assert result.exit_code == 0, result.output
    assert '"bits"' in result.output
    result = CliRunner().invoke(main, ["export-residual", str(checkpoint), "--out", str(model), "--hidden", "8"])
    assert result.exit_code == 0, result.output
    samples, lower = residual_models.pair(9, 9)
    assert residual_models.encode(samples, lower, ResidualModel.from_tensors(load_file(model)), tile=(9, 9))

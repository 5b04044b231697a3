"""BITSTREAM.md and the code say the same, and decoders written from it alone read whole files."""

import re
from pathlib import Path
from types import ModuleType

import base_models
import hybridcodec_container as container
import numpy as np
import pytest
import reference_adaptive
import reference_coder
import reference_texture
import reference_values
import reference_variable
from hyc_files import only

from hybridcodec import Mode, base, decode, encode, layers, residual
from hybridcodec.base import units, values
from hybridcodec.base.chains import Chain
from hybridcodec.base.variable import schema as variable
from hybridcodec.entropy import coder, escape
from hybridcodec.generative import coders as display_coders
from hybridcodec.generative.texture import schema as texture
from hybridcodec.integer import Block
from hybridcodec.machine import elimination
from hybridcodec.models import load_tensors
from hybridcodec.residual import least_squares
from hybridcodec.residual.adaptive import coder as adaptive
from hybridcodec.residual.adaptive import features, mixture, model, network
from hybridcodec.residual.adaptive.planes import from_planes, to_planes
from hybridcodec.tiling import Tiling

DOCUMENT = (Path(__file__).parents[1] / "container" / "BITSTREAM.md").read_text()
GOLDEN = Path(__file__).parents[1] / "container" / "golden" / "v2.0" / "pictures"
OWNERS: dict[ModuleType, list[str]] = {
    coder: ["PRECISION", "WORD_BYTES"],
    escape: ["CLASSES"],
    units: ["STRIDE", "HYPER_STRIDE", "SCALES", "SAMPLE_STEPS", "MID_GRAY"],
    values: ["ROWS", "LARGEST"],
    least_squares: ["LAG", "SOLVE_EVERY", "REACH"],
    elimination: ["RIDGE", "PIVOT"],
    model: ["FORGET_UNIT"],
    features: ["FRACTION", "UNIT", "LIMIT", "FLOOR", "MAX_SCALE", "RECIPROCAL_BITS", "ERRORS", "CROSS"],
    network: ["WEIGHT_BITS", "WEIGHT_LIMIT", "HIDDEN_LIMIT", "SLOPE_BITS"],
    mixture: [
        *["COMPONENTS", "BINS", "COLUMNS", "OUTPUT_LIMIT", "MEAN_UNIT"],
        *["MIX_BITS", "TABLE_REACH", "TABLE_UNIT", "TABLE_SIZE", "LOG_SCALE_LOW", "LOG_SCALE_HIGH", "INVERSE_BITS"],
        *["TOTAL_BITS"],
    ],
    layers: ["NO_PREVIEW"],
    adaptive: ["MAX_TILE_HEIGHT", "MAX_TILE_WIDTH"],
}


def tables(section: str) -> list[list[list[str]]]:
    """Return the tables of a section, rows of cells, titles left out."""
    text = re.split(rf"^##+ {section}$", DOCUMENT, flags=re.MULTILINE)[1]
    text = re.split(r"^##", text, flags=re.MULTILINE)[0]
    blocks = re.findall(r"(?:^\|.*\n)+", text, re.MULTILINE)
    return [[[c.strip() for c in line.strip("|\n").split("|")] for line in b.splitlines()[2:]] for b in blocks]


def test_constants_of_the_document_are_those_of_the_code() -> None:
    stated = {row[0]: float(row[1]) for row in tables("Constants")[0]}
    assert stated == {name: float(getattr(owner, name)) for owner, names in OWNERS.items() for name in names}


def test_coders_of_the_document_are_those_of_the_code() -> None:
    stated = [tuple(row[:4]) for row in tables("Coders")[0]]
    rooms = {"base": base.coders.CODERS, "display": display_coders.CODERS, "residual": residual.coders.CODERS}
    assert stated == [
        (layer, str(getattr(coder, "number", "")), coder.name, coder.architecture)
        for layer, coders in rooms.items()
        for coder in coders
    ]


@pytest.mark.parametrize(
    ("section", "networks"),
    [
        ("Base coder 2, hyperprior of any rate", variable.INTEGER | {"straight": variable.STRAIGHT}),
        ("Display layer, texture head", texture.NETWORKS),
    ],
)
def test_layers_of_a_coder_in_the_document_are_those_of_the_code(section: str, networks: dict[str, Chain]) -> None:
    stated = [tuple(row[:7]) for row in tables(section)[0]]
    blocks = {Block.NONE: "", Block.ENTER: "enter", Block.LEAVE: "leave"}
    assert stated == [
        (name, made.name, *map(str, (made.inputs, made.outputs, made.kernel, made.upscale)), blocks[made.block])
        for name, layers in networks.items()
        for made in layers
    ]


def test_neighbours_of_the_document_are_those_of_the_code() -> None:
    rows = tables("Centre, scale, errors")[0]
    assert [(int(row[1]), int(row[2])) for row in rows] == [tuple(place) for place in features.NEAR.tolist()]
    assert [int(row[3]) for row in rows if row[3]] == features.ERROR_WEIGHTS.tolist()
    around = re.search(r"\(dy, dx\) = ((?:\(-?\d,-?\d\) ?)+)", DOCUMENT.split("### Features")[1])
    assert around is not None
    found = re.findall(r"\((-?\d),(-?\d)\)", around[1])
    assert [[int(y), int(x)] for y, x in found] == features.AROUND.tolist()


def test_counts_of_features_add_up() -> None:
    counts = [row[0] for row in tables("Features")[0]]
    for channel in range(3):
        for experts in (1, 2, 3):
            values = [count.replace(" K", f"*{experts}").replace(" c", f"*{channel}") for count in counts]
            total = sum(int(a) * int(b or 1) for a, _, b in (value.partition("*") for value in values))
            assert total == features.count_features(channel, experts)


def test_classes_of_escapes_are_the_described_ones() -> None:
    assert escape._CLASS_TABLE.tolist() == reference_coder.class_table()


def described(data: bytes) -> tuple[np.ndarray, np.ndarray | None]:
    """Preview and exact picture of a file, by the decoders written from the document."""
    file = only(data)
    header = file.header
    size = (header.height, header.width, header.channels)
    tensors = load_tensors(file.base.models[0].hex())
    payloads = [tile.payload for tile in file.base.tiles]
    base = reference_variable.decode(file.base.common, payloads, tensors, *size, file.base.tile_width)
    if header.mode is container.ContainerMode.PERCEPTUAL:
        return base, None
    steps = reference_values.Values(file.residual.common, header.channels, header.max_error)
    picture, tensors = np.empty_like(base), load_tensors(file.residual.models[0].hex())
    areas = Tiling(*size[:2], file.residual.tile_height, file.residual.tile_width).areas
    for area, tile in zip(areas, file.residual.tiles, strict=True):
        below = to_planes(steps.of(base[area]))
        planes = reference_adaptive.decode_tile(tile.payload, tensors, below, header.channels, steps.top)
        picture[area] = steps.samples(from_planes(planes, header.channels))
    return base, picture


@pytest.mark.parametrize(
    "name",
    [
        *("one_pixel", "one_row", "one_column", "one_gray_pixel", "near_lossless_all_black", "near_lossless_gray"),
        "extract",
    ],
)
def test_the_described_decoders_read_golden_files(name: str) -> None:
    data = (GOLDEN / f"{name}.hyc").read_bytes()
    base, picture = described(data)
    assert np.array_equal(base.squeeze(), decode(data, layer="perceptual").squeeze())
    assert picture is None or np.array_equal(picture.squeeze(), decode(data).squeeze())


@pytest.mark.parametrize(("mode", "max_error"), [(Mode.LOSSLESS, 0), (Mode.NEAR_LOSSLESS, 3)])
def test_the_described_decoders_read_a_new_file(mode: Mode, max_error: int) -> None:
    data = encode(base_models.photograph_like(18, 17), mode=mode, max_error=max_error)
    base, picture = described(data)
    assert np.array_equal(base, decode(data, layer="perceptual"))
    assert picture is not None
    assert np.array_equal(picture, decode(data))


def test_the_described_decoders_read_a_file_of_values_that_occur() -> None:
    data = encode(base_models.photograph_like(30, 34) // 5 * 5)
    assert len(only(data).residual.common) == 3 * 32
    assert np.array_equal(described(data)[1], decode(data))


@pytest.mark.parametrize("shape", [(37, 50, 3), (21, 18, 1)])
def test_the_described_texture_head_makes_the_display_picture(shape: tuple[int, ...]) -> None:
    data = encode(base_models.photograph_like(*shape[:2])[..., : shape[2]], mode=Mode.PERCEPTUAL)
    file = only(data)
    layer, payloads = file.base, [tile.payload for tile in file.base.tiles]
    below = (layer.common, payloads, load_tensors(layer.models[0].hex()), layer.tile_width)
    head = load_tensors(file.display.models[0].hex())
    shown = reference_texture.decode(file.display.common, below, head, *shape)
    assert np.array_equal(shown.squeeze(), decode(data, layer="perceptual"))
    assert not np.array_equal(shown.squeeze(), decode(data, layer="base"))

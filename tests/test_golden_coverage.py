"""Whatever a file may hold has a golden file: coders, models, kinds of samples, chunks, methods, flags and layers."""

from collections.abc import Iterable, Iterator
from pathlib import Path

import pytest
from hybridcodec_container import (
    ContainerMode,
    File,
    Header,
    Kind,
    Layers,
    Picture,
    Role,
    read_container,
    scan_container,
)
from hybridcodec_container.layout import HeaderFlag, PieceMethod, SampleFormat, ToneMethod
from hybridcodec_container.recipe import Piece, split_name, split_packed
from hybridcodec_container.tone import Linear

from hybridcodec.base.coders import CODERS as BASE_CODERS
from hybridcodec.generative.coders import CODERS as DISPLAY_CODERS
from hybridcodec.keeping.methods import METHODS, PACKERS
from hybridcodec.models import architecture_of
from hybridcodec.models.shipped import SHIPPED
from hybridcodec.residual.coders import CODERS

GOLDEN = Path(__file__).parents[1] / "container" / "golden" / "v2.0"
FILES = [path for path in sorted(GOLDEN.rglob("*.hyc")) if not path.name.startswith("refused_")]
DECODED = [path for path in FILES if path.parent.name != "structure"]
"""Those that the codec wrote; of the others only the container is read."""
ROLES = [
    *[(Role.GRAY,), (Role.GRAY, Role.ALPHA), (Role.RED, Role.GREEN, Role.BLUE), (Role.INDEX,)],
    *[(Role.RED, Role.GREEN, Role.BLUE, alpha) for alpha in (Role.ALPHA, Role.ALPHA_PREMULTIPLIED)],
    (Role.OTHER, Role.OTHER),
]


def of_coders(picture: Picture) -> Iterator[str]:
    """What a layer is coded by."""
    for name, layer in (("base", picture.base), ("residual", picture.residual)):
        for tile in layer.tiles if layer else ():
            yield f"{name} coder {tile.coder}"
    for layer in (picture.base, picture.display, picture.residual):
        yield from (f"model {model.hex()}" for model in (layer.models if layer else ()))
    for model in picture.display.models if picture.display else ():
        yield f"display coder {architecture_of(model.hex())}"


def of_samples(header: Header) -> Iterator[str]:
    """What samples are."""
    yield f"roles {header.roles}"
    yield f"{header.bit_depth} bits, {header.sample_format.name}"


def of_header(header: Header) -> Iterator[str]:
    """What a picture promises."""
    yield f"mode {header.mode.name}"
    yield from (f"flag {flag.name}" for flag in HeaderFlag if flag in header.flags)
    yield from (f"layer {layer.name}" for layer in Layers if layer in header.layers)
    if header.group_position:
        yield "a picture by the help of the one before"


def of_picture(picture: Picture) -> Iterator[str]:
    """What stands beside the samples."""
    if picture.tone is not None:
        yield f"tone {ToneMethod.LINEAR.name if isinstance(picture.tone, Linear) else ToneMethod.THRESHOLDS.name}"
    for layer in (picture.base, picture.display):
        if layer is not None:
            yield f"scale {layer.scale}"
    if picture.residual is not None and picture.residual.common:
        yield "values that occur"


def of_pieces(pieces: Iterable[Piece]) -> Iterator[str]:
    """How bytes of a source file are made."""
    for piece in pieces:
        yield f"piece {PieceMethod(piece.method).name}"
        if piece.method == PieceMethod.NAMED:
            yield f"method {split_name(piece.parameters)[0]}"
        elif piece.method == PieceMethod.PACKED:
            yield f"packer {split_packed(piece.parameters)[1]}"


def found_in(files: Iterable[Path]) -> set[str]:
    """All that golden files hold."""
    found: set[str] = set()
    for path in files:
        data = path.read_bytes()
        file: File = read_container(data)
        found |= {f"chunk {report.kind}" for report in scan_container(data)}
        found |= set(of_pieces(file.source.recipe.pieces if file.source else ()))
        for picture in file.pictures:
            found |= {*of_header(picture.header), *of_samples(picture.header), *of_picture(picture)}
            found |= set(of_coders(picture)) if path in DECODED else set()
    return found


TABLE = {
    "base coders": [f"base coder {coder.number}" for coder in BASE_CODERS],
    "residual coders": [f"residual coder {coder.number}" for coder in CODERS],
    "display coders": [f"display coder {coder.architecture}" for coder in DISPLAY_CODERS],
    "models": [f"model {model.digest}" for name, model in SHIPPED.items() if not name.endswith("-analysis")],
    "channels": [f"roles {roles}" for roles in ROLES],
    "unsigned samples": [f"{bits} bits, {SampleFormat.UNSIGNED.name}" for bits in (1, 2, 8, 9, 10, 12, 16)],
    "signed samples": [f"{bits} bits, {SampleFormat.SIGNED.name}" for bits in (8, 16)],
    "methods of kept files": [f"method {name}" for name in METHODS],
    "packers of kept files": [f"packer {name}" for name in PACKERS],
    "what is coded by something before": ["a picture by the help of the one before", "flag MATCHING_USED"],
    "modes": [f"mode {mode.name}" for mode in ContainerMode if mode is not ContainerMode.GUARDED],
    "scales": ["scale 0", "scale 3"],
    "values": ["values that occur"],
}
"""What the codec must have written; each value is what a golden file is found to hold."""
STRUCTURE = {
    "chunks": [f"chunk {kind.decode()}" for kind in Kind],
    "modes": [f"mode {mode.name}" for mode in ContainerMode],
    "flags": [f"flag {flag.name}" for flag in HeaderFlag],
    "layers": [f"layer {layer.name}" for layer in Layers],
    "tones": [f"tone {method.name}" for method in ToneMethod],
    "pieces": [f"piece {method.name}" for method in PieceMethod],
}
"""What the container may hold, written by the codec or not."""


@pytest.fixture(scope="module")
def decoded() -> set[str]:
    return found_in(DECODED)


@pytest.mark.parametrize("row", TABLE)
def test_all_that_the_codec_writes_has_a_golden_file(row: str, decoded: set[str]) -> None:
    assert not set(TABLE[row]) - decoded


@pytest.mark.parametrize("row", STRUCTURE)
def test_all_that_the_container_may_hold_has_a_golden_file(row: str, decoded: set[str]) -> None:
    assert not set(STRUCTURE[row]) - (decoded | found_in(path for path in FILES if path not in DECODED))


def test_golden_files_hold_nothing_that_is_not_registered(decoded: set[str]) -> None:
    known = {value for row in TABLE.values() for value in row}
    named = ("base coder", "residual coder", "display coder", "model ", "method ", "packer ")
    assert not {value for value in decoded if value.startswith(named)} - known

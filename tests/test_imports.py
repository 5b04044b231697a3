"""The picture of the rooms in docs/architecture.md stays true: every arrow points downward."""

import ast
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).parent.parent
PACKAGE, CONTAINER = ROOT / "hybridcodec", ROOT / "container" / "hybridcodec_container"
REFERENCE = ROOT / "container" / "reference"
LEAF = {"display", "errors", "isolation", "machine", "modes", "plain", "provenance"}
PICTURE = LEAF | {"arguments", "fidelity", "image", "kinds", "limits", "tiling"}
LAYER = PICTURE | {"entropy", "integer"}
CODERS = LAYER | {"base", "residual", "models", "scaling", "hybridcodec_container"}
CODEC = CODERS | {"displaying", "grounds", "info", "layers", "loading", "making", "opening", "options"}
JOBS = CODEC | {"codec", "everything", "excerpt", "region", "sources", "storage", "viewed"}
# room -> the other rooms of the project that it may import
ALLOWED = {
    "hybridcodec_container": set(),
    "display": set(),
    "errors": set(),
    "isolation": set(),
    "modes": set(),
    "plain": {"errors"},
    "provenance": {"modes"},
    "machine": {"errors"},
    "arguments": {"errors", "modes"},
    "fidelity": {"arguments", "modes"},
    "limits": {"errors"},
    "tiling": set(),
    "region": {"errors", "tiling"},
    "kinds": {"errors", "hybridcodec_container"},
    "scaling": {"tiling"},
    "storage": LEAF,
    "image": LEAF | {"kinds"},
    "options": {"arguments", "errors", "modes"},
    "previews": PICTURE | {"hybridcodec_container"},
    "sources": PICTURE | {"storage", "hybridcodec_container"},
    "entropy": PICTURE,
    "integer": PICTURE,
    "models": PICTURE | {"storage"},
    "base": LAYER,
    "residual": LAYER,
    "generative": LAYER | {"base"},
    "loading": {"base", "generative", "models", "residual"},
    "opening": PICTURE | {"hybridcodec_container"},
    "info": PICTURE | {"hybridcodec_container", "models", "opening"},
    "layers": CODERS | {"loading"},
    "grounds": CODERS | {"layers", "loading"},
    "displaying": CODERS | {"generative", "layers", "loading"},
    "making": CODERS | {"displaying", "info", "layers", "options", "previews"},
    "viewed": CODERS | {"layers", "previews"},
    "excerpt": CODERS | {"displaying", "grounds", "layers", "opening", "previews", "region", "storage", "viewed"},
    "everything": CODEC - {"making", "options"},
    "codec": CODEC | {"everything", "excerpt", "region", "viewed"},
    "warming": JOBS,
    "keeping": JOBS,
    "proof": JOBS | {"keeping"},
    "filing": JOBS | {"keeping", "proof"},
    "files": JOBS | {"filing", "keeping", "proof"},
    "orthanc": JOBS | {"filing", "keeping"},
    "salvage": JOBS | {"files", "keeping"},
    "train": JOBS | {"cli", "files", "generative"},
    "pipeline": JOBS | {"files", "filing", "keeping", "previews", "proof"},
    "view": JOBS | {"files", "previews"},
    "report": JOBS | {"pipeline", "proof", "view"},
    "cli": JOBS | {"files", "filing", "keeping", "proof", "salvage", "pipeline", "report", "view", "warming"},
    "__init__": PICTURE | {"codec", "info", "options"},
    "__main__": {"cli", "isolation"},
}
BORDERS = {
    "constriction": ("hybridcodec/entropy/",),
    "numba": ("hybridcodec/machine/",),
    "torch": (
        "hybridcodec/base/floats",
        "hybridcodec/base/similarity",
        "hybridcodec/base/variable/refine",
        "hybridcodec/base/variable/twin",
        "hybridcodec/train/",
    ),
    "distributed": ("hybridcodec/pipeline/cluster",),
    "PIL": ("hybridcodec/sources/", "hybridcodec/train/"),
    "lepton_jpeg_python": ("hybridcodec/keeping/lepton",),
    "click": ("hybridcodec/cli/", "hybridcodec/train/"),
    "orthanc": ("hybridcodec/orthanc/plugin",),
    "pydicom": ("hybridcodec/sources/parts/dicom/",),
    "imagecodecs": ("hybridcodec/keeping/jpegxl", "hybridcodec/sources/parts/dicom/codecs"),
    "hybridcodec_container": (
        *("hybridcodec/codec", "hybridcodec/info", "hybridcodec/layers", "hybridcodec/opening"),
        *(
            "hybridcodec/kinds",
            "hybridcodec/making",
            "hybridcodec/previews",
            "hybridcodec/displaying",
            "hybridcodec/excerpt",
            "hybridcodec/grounds",
            "hybridcodec/viewed",
            "hybridcodec/everything",
            "hybridcodec/filing",
            "hybridcodec/keeping/",
            "hybridcodec/sources/format",
            "hybridcodec/sources/parts/dicom/",
            "hybridcodec/sources/samples/",
            "hybridcodec/salvage/",
            "hybridcodec/view/",
            "container/",
        ),
    ),
}
CODER_ROOMS = {
    "hybridcodec.base.variable": "hybridcodec/base/",
    **dict.fromkeys(
        (f"hybridcodec.residual.{room}" for room in ("adaptive", "index", "page", "stored", "wide")),
        "hybridcodec/residual/",
    ),
    "hybridcodec.generative.texture": "hybridcodec/generative/",
}
STANDING_ABOVE = {
    "hybridcodec.base.variable": "hybridcodec/generative/texture/",
}
"""What is made of a coder's inside, and so may name it."""


def modules() -> list[Path]:
    found = sorted(PACKAGE.rglob("*.py")) + sorted(CONTAINER.rglob("*.py"))
    assert found
    return found


def room(path: Path) -> str:
    if path.is_relative_to(CONTAINER):
        return "hybridcodec_container"
    return path.relative_to(PACKAGE).parts[0].removesuffix(".py")


def imported(source: str) -> Iterator[str]:
    """Yield the dotted name of everything that a module imports, wherever in it, types included."""
    for node in ast.walk(ast.parse(source)):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            assert node.level == 0, "a relative import"
            yield from (f"{node.module}.{alias.name}" for alias in node.names)
        elif isinstance(node, ast.Call) and ast.unparse(node.func).endswith("import_module"):
            yield ast.unparse(node.args[0]).strip("f'\"").split("{")[0]


def libraries(path: Path) -> set[str]:
    return {name.split(".")[0] for name in imported(path.read_text())}


def rooms_imported(source: str) -> set[str]:
    rooms = set()
    for name in imported(source):
        package, _, inner = name.partition(".")
        if package == "hybridcodec":
            rooms.add(inner.split(".")[0] if inner.split(".")[0] in ALLOWED else "__init__")
        elif package == "hybridcodec_container":
            rooms.add(package)
    return rooms


@pytest.mark.parametrize("path", modules(), ids=lambda path: str(path.relative_to(ROOT)))
def test_module_imports_only_what_lies_below_it(path: Path) -> None:
    assert room(path) in ALLOWED, "a new room: say in ALLOWED what it may import"
    assert rooms_imported(path.read_text()) <= ALLOWED[room(path)] | {room(path)}


@pytest.mark.parametrize(
    ("below", "line", "above"),
    [
        ("base", "from hybridcodec.codec import decode", "codec"),
        ("base", "import hybridcodec.residual.adaptive.features", "residual"),
        ("codec", "def f():\n    from hybridcodec import files", "files"),
        ("integer", "from hybridcodec import decode", "__init__"),
        ("hybridcodec_container", "from hybridcodec.errors import InputError", "errors"),
        ("files", "import_module(f'hybridcodec.cli.{name}')", "cli"),
    ],
)
def test_an_arrow_that_points_the_wrong_way_is_seen(below: str, line: str, above: str) -> None:
    assert rooms_imported(line) - ALLOWED[below] == {above}


@pytest.mark.parametrize(("library", "places"), BORDERS.items())
def test_a_library_with_a_border_is_imported_only_there(library: str, places: tuple[str, ...]) -> None:
    users = [str(path.relative_to(ROOT)) for path in modules() if library in libraries(path)]
    assert users
    assert [user for user in users if not user.startswith(places)] == []


def test_exactly_one_module_imports_constriction() -> None:
    assert len([path for path in modules() if "constriction" in libraries(path)]) == 1


def test_container_needs_nothing_but_numpy_and_zstandard() -> None:
    needed = set().union(*(libraries(path) for path in CONTAINER.rglob("*.py")))
    assert needed - set(sys.stdlib_module_names) - {"hybridcodec_container"} <= {"numpy", "zstandard"}


@pytest.mark.parametrize("path", sorted(REFERENCE.glob("*.py")), ids=lambda path: path.name)
def test_a_reference_decoder_needs_nothing_but_its_neighbours_numpy_and_zstandard(path: Path) -> None:
    assert REFERENCE.joinpath("README.md").read_text().count(f"`{path.name}`") == 1
    neighbours = {path.stem for path in REFERENCE.glob("*.py")}
    assert libraries(path) - set(sys.stdlib_module_names) - neighbours <= {"numpy", "zstandard"}


@pytest.mark.parametrize("path", modules(), ids=lambda path: str(path.relative_to(ROOT)))
def test_no_module_of_the_product_prints(path: Path) -> None:
    calls = [node for node in ast.walk(ast.parse(path.read_text())) if isinstance(node, ast.Call)]
    assert not [call.lineno for call in calls if ast.unparse(call.func) in ("print", "sys.stdout.write")]


@pytest.mark.parametrize("path", modules(), ids=lambda path: str(path.relative_to(ROOT)))
def test_a_coder_is_named_by_its_own_room_by_one_line_of_registration_and_by_training(path: Path) -> None:
    place = str(path.relative_to(ROOT))
    for coder, layer in CODER_ROOMS.items():
        inside = place.startswith((coder.replace(".", "/"), "hybridcodec/train/", STANDING_ABOVE.get(coder, "-")))
        if not inside and any(name.startswith(coder) for name in imported(path.read_text())):
            assert place == f"{layer}coders.py"

"""The house stays a house of small rooms: short parameter lists, functions and modules."""

import ast
from collections.abc import Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).parent.parent
MOST_PARAMETERS, MOST_LINES_OF_A_FUNCTION, MOST_LINES_OF_A_MODULE = 8, 60, 350
Function = ast.FunctionDef | ast.AsyncFunctionDef | ast.Lambda


def modules() -> list[Path]:
    found = sorted((ROOT / "hybridcodec").rglob("*.py")) + sorted(
        (ROOT / "container/hybridcodec_container").rglob("*.py")
    )
    assert len(found) > 100
    return found


def functions(source: str) -> Iterator[Function]:
    return (node for node in ast.walk(ast.parse(source)) if isinstance(node, Function))


def parameters(function: Function) -> list[str]:
    given = function.args
    others = [given.vararg, given.kwarg]
    names = [a.arg for a in (*given.posonlyargs, *given.args, *given.kwonlyargs, *others) if a is not None]
    return [name for name in names if name not in ("self", "cls")]


def lines(function: Function) -> int:
    """Count the lines of a function, its decorators apart, which only declare."""
    return (function.end_lineno or 0) - function.lineno + 1


def name(function: Function) -> str:
    return getattr(function, "name", "lambda")


@pytest.mark.parametrize("path", modules(), ids=lambda path: str(path.relative_to(ROOT)))
def test_module_fits_on_a_few_pages_and_its_functions_on_one(path: Path) -> None:
    source = path.read_text()
    assert source.count("\n") <= MOST_LINES_OF_A_MODULE
    assert {name(f): lines(f) for f in functions(source) if lines(f) > MOST_LINES_OF_A_FUNCTION} == {}


@pytest.mark.parametrize("path", modules(), ids=lambda path: str(path.relative_to(ROOT)))
def test_nothing_takes_more_parameters_than_one_remembers(path: Path) -> None:
    long = [f for f in functions(path.read_text()) if len(parameters(f)) > MOST_PARAMETERS]
    assert {name(f): parameters(f) for f in long} == {}


def test_a_long_parameter_list_is_seen_in_every_form() -> None:
    source = "class A:\n    async def f(self, a, /, b, c=1, *d, e, f, g, h, **i): ...\n"
    assert [len(parameters(f)) for f in functions(source)] == [9]
    assert [lines(f) for f in functions(source)] == [1]

"""The package as a whole: what it exports and what it needs."""

import ast
import sys
from pathlib import Path

import hybridcodec_container

ALLOWED = {"hybridcodec_container", "numpy", "zstandard"}


def test_everything_exported_exists_and_is_sorted() -> None:
    names = hybridcodec_container.__all__
    assert len(set(names)) == len(names)
    assert all(hasattr(hybridcodec_container, name) for name in names)


def test_package_needs_only_the_standard_library_numpy_and_zstandard() -> None:
    for path in Path(hybridcodec_container.__file__).parent.glob("*.py"):
        for node in ast.walk(ast.parse(path.read_text())):
            modules = [alias.name for alias in node.names] if isinstance(node, ast.Import) else []
            modules += [node.module or ""] if isinstance(node, ast.ImportFrom) else []
            for module in modules:
                top = module.split(".")[0]
                assert top in ALLOWED or top in sys.stdlib_module_names, f"{path.name} imports {module}"

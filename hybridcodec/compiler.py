"""numba, without a say of the current folder: the only module that imports it first.

numba follows a `.numba_config.yaml` in the current folder, when it is imported and again when it compiles. Its
`cache_dir` names a folder of pickles, which are code, and the current folder may be one of pictures from anywhere.
Settings in the environment (`NUMBA_...`) hold as ever, and so does a numba that the host program imported before.
"""

import sys
import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from types import ModuleType

__all__ = ["numba"]

_UNREADABLE: dict[str, ModuleType | None] = {"yaml": None}  # what Python takes as: cannot be imported


@contextmanager
def _deaf_to_files() -> Iterator[None]:
    modules: dict[str, ModuleType | None] = sys.modules  # type: ignore[assignment]
    before = {name: module for name, module in modules.items() if name == "yaml"}
    with warnings.catch_warnings():
        warnings.filterwarnings("ignore", message="A Numba config file is found")
        modules.update(_UNREADABLE)
        try:
            yield
        finally:
            del modules["yaml"]
            modules.update(before)


if "numba" in sys.modules:
    import numba
else:
    with _deaf_to_files():
        import numba
    from numba.core import config

    config._config_fname = ""  # it is looked for again at every compilation

"""numba, without a say of the current folder: the only module that imports it first.

numba follows a `.numba_config.yaml` in the current folder, when it is imported and again when it compiles. Its
`cache_dir` names a folder of pickles, which are code, and the current folder may be one of pictures from anywhere.
Settings in the environment (`NUMBA_...`) hold as ever, and so does a numba that the host program imported before.

It also imports SciPy only to learn whether it is there, which takes as long as a small command.
"""

import sys
import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from functools import cache
from importlib.util import find_spec
from types import ModuleType

__all__ = ["load_what_compiles", "numba"]


@contextmanager
def _without(*names: str) -> Iterator[None]:
    """Let modules be such that cannot be imported, or are not there although they were imported."""
    modules: dict[str, ModuleType | None] = sys.modules  # type: ignore[assignment]
    before = {name: modules[name] for name in names if name in modules}
    modules.update(dict.fromkeys(names))
    try:
        yield
    finally:
        for name in names:
            del modules[name]
        modules.update(before)


if "numba" in sys.modules:
    import numba
else:
    with _without("yaml", "scipy"), warnings.catch_warnings():
        warnings.filterwarnings("ignore", message="A Numba config file is found")
        import numba

    from numba.core import config

    config._config_fname = ""  # it is looked for again at every compilation


@cache
def load_what_compiles() -> None:
    """Import what numba knows of arrays, which code that is compiled already has no need of."""
    if "numba.np.arraymath" in sys.modules or "scipy" in sys.modules:
        return
    with _without("scipy"):
        from numba.np import arraymath
    arraymath._HAVE_BLAS = find_spec("scipy") is not None

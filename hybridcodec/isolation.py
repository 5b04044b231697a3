"""Keeps the current folder out of what Python imports: pictures lie there, and perhaps a `numba.py` beside them.

Two doors lead in. `python -m` and `python -c` put the current folder first on the search path, of child processes too;
and a search path that is handed on may name it. This module closes both. It imports nothing that is not loaded when
Python starts, since it runs before the search path is safe.
"""

import os
import sys

_PACKAGE = os.path.dirname(os.path.abspath(__file__))


def leave_current_folder() -> None:
    """Take the current folder off the search path of this process and of the children that it starts."""
    sys.path[:] = trusted(sys.path)
    os.environ["PYTHONSAFEPATH"] = "1"  # multiprocessing starts its children with `-c`


def trusted(entries: list[str], *needed: str) -> list[str]:
    """Return the entries of a search path that are absolute and not the current folder.

    The current folder stays where this package, the standard library, installed packages or one of the folders
    `needed` lie in it: then it is no folder of pictures.
    """
    try:
        current = os.path.realpath(os.getcwd())
    except OSError:  # it was removed
        current = ""
    if current in map(os.path.realpath, (*_installed(), *needed)):
        current = ""
    return [entry for entry in entries if os.path.isabs(entry) and os.path.realpath(entry) != current]


def child_command(module: str, *arguments: str) -> list[str]:
    """Return the command line of a Python that runs `module` as `python -m` does, but without the current folder."""
    user = ["-s"] if sys.flags.no_user_site else []
    return [sys.executable, "-P", *user, "-m", module, *arguments]


def child_environment(module: str) -> dict[str, str]:
    """Return the environment for `child_command`: this process's, with its search path as far as it is trusted."""
    paths = trusted(sys.path, *_home(module))
    return os.environ | {
        "PYTHONPATH": os.pathsep.join(path for path in paths if os.pathsep not in path),
        "PYTHONSAFEPATH": "1",
        "PYTHONUTF8": str(int(sys.flags.utf8_mode)),  # names are the same bytes there
    }


def child_folder() -> str:
    """Return the folder that a child works in: this package, since libraries read settings from where they start."""
    return _PACKAGE


def _installed() -> list[str]:
    site = sys.modules.get("site")
    places = [os.path.dirname(_PACKAGE), os.path.dirname(os.__file__)]
    return places + (site.getsitepackages() if site is not None else [])


def _home(module: str) -> list[str]:
    """Return the folder that the package of `module` lies in, as this process finds it."""
    from importlib.util import find_spec

    spec = find_spec(module.partition(".")[0])
    places = spec.submodule_search_locations if spec is not None else None
    return [os.path.dirname(place) for place in places or ()]

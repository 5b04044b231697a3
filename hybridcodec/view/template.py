"""How a page is put together of its parts: `page.html` of a room, styles, scripts, and a policy for these alone.

Every page has the viewer and the common style before what is its own.
"""

import base64
import hashlib
from collections.abc import Iterable, Mapping
from importlib.metadata import PackageNotFoundError, version
from importlib.resources import files
from string import Template
from typing import Final

_SHARED: Final = "hybridcodec.view"
_STYLES: Final = ("common.css", "viewer.css")
_SCRIPTS: Final = ("viewer.js",)


def filled(room: str, styles: Iterable[str], scripts: Iterable[str], parts: Mapping[str, str]) -> str:
    """Return `page.html` of a room with these parts, its styles and its scripts.

    Args:
        room: name of a package, such as "hybridcodec.view".
        styles: files of it.
        scripts: files of it.
        parts: HTML by the name under which it stands in `page.html`.
    """
    style = _joined(_SHARED, _STYLES) + _joined(room, styles)
    script = _joined(_SHARED, _SCRIPTS) + _joined(room, scripts)
    page = Template(_joined(room, ("page.html",)))
    return page.substitute(parts, style=style, script=script, style_hash=_hash(style), script_hash=_hash(script))


def own_version() -> str:
    """Return the version of this package, in words where nobody knows."""
    try:
        return version("hybridcodec")
    except PackageNotFoundError:  # run from a source tree
        return "of an unknown version"


def _joined(room: str, names: Iterable[str]) -> str:
    return "".join(files(room).joinpath(name).read_text("utf-8") for name in names)


def _hash(text: str) -> str:
    return base64.b64encode(hashlib.sha256(text.encode()).digest()).decode()

"""Files that lie among pictures and were put there by systems and programs, told by their names.

Three sorts: what systems make and make again (thumbnails, settings of a folder's window), what the pipeline keeps
beside its outputs, and what is hidden or thrown away, which may well hold pictures that somebody wants.
"""

import unicodedata
from collections.abc import Sequence
from enum import StrEnum

APPLE_DOUBLE = "._*"
"""How files are called together in which a Mac keeps what other file systems cannot."""
HIDDEN_FOLDER = ".hybridcodec"
"""Where a run keeps ledger, evidence and temporary files, in its destination."""
_REMADE = frozenset(
    [
        *("thumbs.db", "ehthumbs.db", "ehthumbs_vista.db", "desktop.ini", "system volume information"),
        *(".ds_store", ".localized", "icon\r", "__macosx", ".spotlight-v100", ".fseventsd", ".apdisk"),
        *(".documentrevisions-v100", ".temporaryitems", ".directory", ".thumbnails", "@eadir"),
    ]
)
_THROWN_AWAY = frozenset(["$recycle.bin", "recycler", "recycled", ".trashes", ".trash", "#recycle", "lost+found"])


class Clutter(StrEnum):
    """What a name says of a file."""

    REMADE = "remade"
    OURS = "ours"
    HIDDEN = "hidden"


def folded(name: str) -> str:
    """Return a name as a file system sees it that ignores case and Unicode composition."""
    return unicodedata.normalize("NFC", unicodedata.normalize("NFC", name).casefold())


def find_clutter(parts: Sequence[str], *, hidden: bool) -> tuple[Clutter, str] | None:
    """Return what the first telling name among the parts of a path says, and that name; None if all are ordinary.

    `hidden` is whether a name that only begins with a dot tells anything: it does not where it was asked for.
    """
    for name in parts:
        plain = folded(name)
        if plain == HIDDEN_FOLDER:
            return Clutter.OURS, HIDDEN_FOLDER
        if plain in _REMADE:
            return Clutter.REMADE, name
        if name.startswith("._") and len(name) > 2:
            return Clutter.REMADE, APPLE_DOUBLE
        if plain in _THROWN_AWAY or plain.startswith(".trash-") or (hidden and name.startswith(".")):
            return Clutter.HIDDEN, name
    return None

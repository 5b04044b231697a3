"""Numbers and names as people read them, and as a page may hold them: nothing from a ledger becomes markup."""

import html
import json
from typing import Any

from hybridcodec.display import shown

_UNITS = ("bytes", "kB", "MB", "GB", "TB", "PB")


def escaped(text: str) -> str:
    """Return `text` for use in HTML, inside and outside of attributes."""
    return html.escape(shown(text), quote=True)


def as_data_block(value: Any) -> str:
    """Return JSON that can stand in a script element: no `<` in it, so that nothing can end the element."""
    text = json.dumps(value, separators=(",", ":"), ensure_ascii=False)
    return text.replace("<", "\\u003c").replace("\u2028", "\\u2028").replace("\u2029", "\\u2029")


def size(count: float) -> str:
    """Return a number of bytes with three digits and a decimal unit."""
    unit = 0
    while count >= 999.5 and unit < len(_UNITS) - 1:
        count, unit = count / 1000, unit + 1
    return f"{count:,.0f} {_UNITS[unit]}" if unit == 0 else f"{count:.3g} {_UNITS[unit]}"


def ratio(before: float, after: float) -> str:
    """Return how many times smaller something became."""
    return f"{before / after:.2f} : 1" if before and after else "none"

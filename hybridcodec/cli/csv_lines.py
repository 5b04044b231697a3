"""Lines of comma-separated values that a spreadsheet may open: a name in them does nothing but be shown."""

import csv
import io
import json
from collections.abc import Sequence
from typing import Any

from hybridcodec.display import shown

_FORMULA = tuple("=+-@\t\r\n\uff1d\uff0b\uff0d\uff20")
"""What makes a spreadsheet take a cell for a formula, as wide characters too, or leave out to see what follows."""


def csv_line(values: Sequence[Any], *, raw: bool = False) -> str:
    """Return one line without its end: numbers as numbers, lists and objects as JSON, nothing for None.

    Text gets an apostrophe in front where it would be a formula, and is escaped where it cannot be seen; with `raw` it
    is what it is, except for what is no Unicode.
    """
    line = io.StringIO()
    csv.writer(line, lineterminator="").writerow([_cell(value, raw=raw) for value in values])
    return line.getvalue()


def _cell(value: Any, *, raw: bool) -> str:
    if value is None:
        return ""
    if isinstance(value, str):
        text = value if raw else f"'{value}" if value.lstrip(" ").startswith(_FORMULA) else value
        return text.encode("utf-8", "backslashreplace").decode() if raw else shown(text)
    return str(value) if isinstance(value, int | float) and not isinstance(value, bool) else json.dumps(value)

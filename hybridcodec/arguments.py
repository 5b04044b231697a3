"""What callers hand over, made what the library works on, or refused with one line that says what was found.

Samples are checked in `image`, where everything about them is; here are bytes, words, numbers, callbacks and paths.
"""

import numbers
import operator
import os
from collections.abc import Callable
from enum import StrEnum
from pathlib import Path
from typing import BinaryIO, Final, TypeVar, cast

from hybridcodec.errors import InputError
from hybridcodec.modes import Backend, Effort, Keep, Layer, Mode, Preview

MAX_ERROR: Final = 65535
"""Largest bound of a near-lossless picture; one of fewer bits takes less, see `SampleKind`."""

MAX_SCALE: Final = 3
"""Previews have an eighth of the sides at least: that of FORMAT.md."""

Progress = Callable[[float], None] | None
Readable = bytes | bytearray | memoryview | str | os.PathLike[str] | BinaryIO
"""A file that is read in part: its bytes, its path, or a seekable stream of it."""

_Word = TypeVar("_Word", bound=StrEnum)
_Kind = TypeVar("_Kind")


def checked_bytes(data: object) -> bytes:
    """Return the bytes of a file, given as bytes, bytearray or memoryview.

    Raises:
        InputError: anything else, a path among it.
    """
    if type(data) is bytes:
        return data
    if isinstance(data, bytes | bytearray | memoryview):
        try:
            return bytes(data)
        except ValueError as error:  # a view that was released
            raise InputError(f"the bytes of a file cannot be read: {error}") from error
    hint = "; read the file first" if isinstance(data, str | os.PathLike) else ""
    raise InputError(f"expected the bytes of a .hyc file, found {_kind(data)}{hint}")


def checked_source(source: object) -> bytes | Path | BinaryIO:
    """Return a file that is read in part: its bytes, its path, or a seekable binary stream of it.

    Raises:
        InputError: anything else.
    """
    if isinstance(source, bytes | bytearray | memoryview):
        return checked_bytes(source)
    if isinstance(source, str | os.PathLike):
        return checked_path(source)
    if all(callable(getattr(source, name, None)) for name in ("read", "seek")):
        return cast("BinaryIO", source)
    raise InputError(f"expected the bytes of a .hyc file, its path or a seekable stream of it, found {_kind(source)}")


def checked_scale(scale: object) -> int | None:
    """Return how often a preview's sides are halved, None for as they are; raises InputError for none of 0 to 3."""
    if scale is None:
        return None
    found = _integer(scale)
    if found is None or not 0 <= found <= MAX_SCALE:
        raise InputError(f"scale is a number from 0 to {MAX_SCALE}, or None, found {_shown(scale)}")
    return found


def checked_mode(mode: object) -> Mode:
    """Return the mode of that name; raises InputError where there is none."""
    return _checked_word(Mode, "mode", mode)


def checked_layer(layer: object) -> Layer:
    """Return the layer of that name; raises InputError where there is none."""
    return _checked_word(Layer, "layer", layer)


def checked_backend(backend: object) -> Backend:
    """Return the backend of that name; raises InputError where there is none."""
    return _checked_word(Backend, "backend", backend)


def checked_effort(effort: object) -> Effort:
    """Return the effort of that name; raises InputError where there is none."""
    return _checked_word(Effort, "effort", effort)


def checked_keep(keep: object) -> Keep:
    """Return what is kept, by that name; raises InputError where there is no such word."""
    return _checked_word(Keep, "keep", keep)


def checked_preview(preview: object) -> Preview:
    """Return the size of previews of that name; raises InputError where there is none."""
    return _checked_word(Preview, "preview", preview)


def checked_max_error(mode: Mode, max_error: object) -> int:
    """Return the bound of `mode`, any integer but a truth value.

    Raises:
        InputError: no integer, or not 1 to 65535 in near-lossless mode and 0 in the others.
    """
    least, most = (1, MAX_ERROR) if mode is Mode.NEAR_LOSSLESS else (0, 0)
    found = _integer(max_error)
    if found is None or not least <= found <= most:
        bounds = f"{least} to {most}" if most else "0"
        raise InputError(f"{mode} mode takes a maximum error of {bounds}, found {_shown(max_error)}")
    return found


def checked_max_pixels(max_pixels: object) -> int | None:
    """Return a limit of pixels, None for that of the format.

    Raises:
        InputError: no integer from 1.
    """
    if max_pixels is None:
        return None
    found = _integer(max_pixels)
    if found is None or found < 1:
        raise InputError(f"max_pixels is a number from 1, or None, found {_shown(max_pixels)}")
    return found


def checked_picture(number: object) -> int | None:
    """Return the number of a picture, None for the only one.

    Raises:
        InputError: no integer from 0.
    """
    if number is None:
        return None
    found = _integer(number)
    if found is None or found < 0:
        raise InputError(f"picture is a number from 0, or None, found {_shown(number)}")
    return found


def checked_number(name: str, value: object, low: float, high: float) -> float | None:
    """Return a number, None for none; raises InputError where it is no number from `low` to `high`."""
    if value is None:
        return None
    if isinstance(value, bool) or not isinstance(value, numbers.Real) or not low <= float(value) <= high:
        raise InputError(f"{name} is a number from {low:g} to {high:g}, or None, found {_shown(value)}")
    return float(value)


def checked_progress(progress: object) -> Progress:
    """Return what progress is told to; raises InputError where it cannot be called."""
    if progress is None or callable(progress):
        return progress
    raise InputError(f"progress must be a function of the share done, or None, found {_kind(progress)}")


def checked_truth(name: str, value: object) -> bool:
    """Return True or False; raises InputError for what only counts as one."""
    if isinstance(value, bool):
        return value
    raise InputError(f"{name} must be True or False, found {_shown(value)}")


def checked_instance(name: str, kind: type[_Kind], value: object) -> _Kind:
    """Return `value`; raises InputError where it is of another kind."""
    if isinstance(value, kind):
        return value
    raise InputError(f"{name} must be {kind.__name__}, found {_kind(value)}")


def checked_path(path: object) -> Path:
    """Return a path that was given as path or as text; raises InputError for anything else."""
    try:
        found = Path(os.fsdecode(path))  # type: ignore[arg-type]  # what it refuses is refused here
    except (TypeError, ValueError) as error:
        raise InputError(f"expected a path, found {_kind(path)}") from error
    if "\0" in str(found):
        raise InputError(f"{str(found)!r}: no path has a zero byte in it")
    return found


def checked_format(picture_format: object) -> str | None:
    """Return the name of a picture format, None for what a suffix says; raises InputError where it is no text."""
    if picture_format is None or isinstance(picture_format, str):
        return picture_format
    raise InputError(f"the picture format must be a name, found {_kind(picture_format)}")


def _checked_word(words: type[_Word], name: str, word: object) -> _Word:
    try:
        if isinstance(word, str):
            return words(word)
    except ValueError:
        pass
    raise InputError(f"{name} must be one of {', '.join(words)}, found {_shown(word)}")


def _integer(value: object) -> int | None:
    try:
        return None if isinstance(value, bool) else operator.index(value)  # type: ignore[arg-type]
    except TypeError:
        return None


def _shown(value: object) -> str:
    """The value itself where that is short, else what it is."""
    return repr(value)[:80] if isinstance(value, str | int | float) else _kind(value)


def _kind(value: object) -> str:
    return "None" if value is None else type(value).__name__

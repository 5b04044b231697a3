"""From plain data to frozen dataclasses: what JSON, SQLite or another machine gives may be anything.

Types are those that the dataclasses state. Numbers are counts and sizes, never negative and within 64 bits, or finite.
Nothing is converted: `1` is no `True`, and a text is no list of letters.
"""

import json
import math
from collections.abc import Callable, Mapping
from dataclasses import MISSING, fields, is_dataclass
from datetime import datetime
from enum import Enum
from functools import cache
from types import NoneType, UnionType
from typing import Any, NewType, NoReturn, get_args, get_origin

from hybridcodec.errors import InputError

_MOST = 2**63 - 1
Wide = NewType("Wide", int)
"""A number of the system's that may be negative or need all 64 bits: a time before 1970, the number of a file."""
Make = Callable[[Any], Any]


def made(kind: Any, values: Any) -> Any:
    """Return a `kind` made of plain data; a field that is missing has its default.

    Raises:
        ValueError: the data are not what `kind` says, in words that are safe to print.
    """
    return _maker(kind)(values)


def parsed(text: object) -> Any:
    """Return the plain data that a text of JSON says.

    Raises:
        ValueError: it is no text, or not JSON.
    """
    if not isinstance(text, str | bytes):
        _refuse("text", text)
    try:
        return json.loads(text)
    except RecursionError:
        raise ValueError("the JSON is nested without end") from None


def require_time(text: str) -> None:
    """Refuse what is neither empty nor a moment of ISO 8601 with its zone, from 1970 on.

    Raises:
        ValueError: it is something else.
    """
    if not text:
        return
    try:
        moment = datetime.fromisoformat(text)
    except ValueError:
        raise ValueError("expected a time of ISO 8601, found other text") from None
    if moment.tzinfo is None or not 1970 <= moment.year < 9999:
        raise ValueError("expected a time with its zone from 1970 on, found another one")


@cache
def _maker(kind: Any) -> Make:
    """Return the function that makes a `kind`; found out once, since ledgers have millions of rows."""
    origin, inner = get_origin(kind), get_args(kind)
    if kind is Any:
        return lambda value: value
    if kind in _SIMPLE:
        name, fits = _SIMPLE[kind]
        return lambda value: value if fits(value) else _refuse(name, value)
    if origin is UnionType and len(inner) == 2 and inner[1] is NoneType:
        some = _maker(inner[0])
        return lambda value: None if value is None else some(value)
    if origin is tuple:
        return _tuple_maker(inner)
    if origin in (Mapping, dict):
        return _mapping_maker(*map(_maker, inner))
    if is_dataclass(kind) and isinstance(kind, type):
        return _dataclass_maker(kind)
    if isinstance(kind, type) and issubclass(kind, Enum):
        members = {member.value: member for member in kind}
        return lambda value: _member(kind.__name__, members, value)
    raise AssertionError(f"no plain data for {kind}")


def _tuple_maker(inner: tuple[Any, ...]) -> Make:
    endless = len(inner) == 2 and inner[1] is Ellipsis
    makers = [_maker(part) for part in (inner[:1] if endless else inner)]

    def make(value: Any) -> tuple[Any, ...]:
        if not isinstance(value, list | tuple):
            _refuse("a list", value)
        if endless:
            return tuple(map(makers[0], value))
        if len(value) != len(makers):
            raise ValueError(f"expected {len(makers)} entries, found {len(value)}")
        return tuple(one(part) for one, part in zip(makers, value, strict=True))

    return make


def _mapping_maker(key: Make, value: Make) -> Make:
    def make(values: Any) -> dict[Any, Any]:
        if not isinstance(values, Mapping):
            _refuse("an object", values)
        return {key(name): value(inside) for name, inside in values.items()}

    return make


def _dataclass_maker(kind: type) -> Make:
    types: dict[str, Any] = {entry.name: entry.type for entry in fields(kind)}
    makers = {name: _maker(stated) for name, stated in types.items()}
    needed = {
        entry.name for entry in fields(kind) if entry.default is MISSING and entry.default_factory is MISSING
    }  # fmt: skip

    def make(values: Any) -> Any:
        if not isinstance(values, Mapping):
            _refuse("an object", values)
        unknown, missing = values.keys() - makers.keys(), needed - values.keys()
        if unknown or missing:
            raise ValueError(f"{len(unknown)} unknown fields, missing: {', '.join(sorted(missing)) or 'none'}")
        found = {}
        for name, value in values.items():
            try:
                found[name] = makers[name](value)
            except ValueError as error:
                raise ValueError(f"{name}: {error}") from None
        try:
            return kind(**found)
        except InputError as error:  # a value that checks itself
            raise ValueError(str(error)) from None

    return make


def _member(name: str, members: Mapping[Any, Any], value: Any) -> Any:
    if not isinstance(value, str):
        _refuse("text", value)
    if str(value) not in members:
        raise ValueError(f"unknown {name} {value[:40]!a}")
    return members[str(value)]


def _refuse(expected: str, value: Any) -> NoReturn:
    """Say the type alone: a value may be huge, nested without end, or meant for a terminal."""
    raise ValueError(f"expected {expected}, found {_words(value)}")


def _words(value: Any) -> str:
    if type(value) in (int, float, bool, NoneType):
        return "a number of thousands of digits" if isinstance(value, int) and abs(value) >> 200 else repr(value)
    names: dict[Any, str] = {str: "text", bytes: "bytes", list: "a list", dict: "an object"}
    return names.get(type(value), f"a {type(value).__name__}")


_SIMPLE: Mapping[Any, tuple[str, Callable[[Any], bool]]] = {
    str: ("text", lambda value: isinstance(value, str)),
    bool: ("true or false", lambda value: type(value) is bool),
    int: ("a number from 0 on", lambda value: type(value) is int and 0 <= value <= _MOST),
    Wide: ("a number of 64 bits", lambda value: type(value) is int and -_MOST <= value <= 2 * _MOST + 1),
    float: ("a finite number", lambda value: type(value) is float and math.isfinite(value)),
}

"""Files that are rewritten with every checksum right, for tests of what only a decoder can notice."""

import io
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import fields, replace
from typing import Any

import hybridcodec_container as container
import pytest
from hybridcodec_container import ABSENT, Header, Picture, Tile

from hybridcodec.base.variable.coder import VariableRate
from hybridcodec.residual.adaptive.coder import Adaptive

_HEADER = {field.name for field in fields(Header)}


def only(data: bytes) -> Picture:
    """The one picture of a file."""
    (picture,) = container.read_container(data).pictures
    return picture


def rewritten(
    data: bytes,
    *,
    base: dict[str, Any] | None = None,
    display: dict[str, Any] | None = None,
    residual: dict[str, Any] | None = None,
    **header: Any,
) -> bytes:
    """The file with other fields in its header and layers, and every checksum right again."""
    picture = only(data)
    assert set(header) <= _HEADER
    assert picture.base is not None
    layers = {"base": replace(picture.base, **(base or {}))}
    if picture.display is not None:
        layers["display"] = replace(picture.display, **(display or {}))
    if picture.residual is not None:
        layers["residual"] = replace(picture.residual, **(residual or {}))
    made = Picture.seal(replace(picture.header, **header), metadata=picture.metadata, **layers)
    return container.write_container([made])


def behind(frame: Picture, before: Picture) -> bytes:
    """A file of two pictures, the second of which depends on another one than the first, as no writer makes."""
    stream = io.BytesIO()
    with pytest.MonkeyPatch.context() as patch, container.AlbumWriter(stream) as writer:
        patch.setattr("hybridcodec_container.writer.check_follows", lambda *_: None)
        writer.add(before)
        patch.setattr(writer, "_sample_hash", frame.header.reference_hash)
        writer.add(frame)
        writer.finish()
    return stream.getvalue()


def tiles(coder: int, *payloads: bytes) -> tuple[Tile, ...]:
    """Tiles of one coder; of coder 0, absent ones."""
    return tuple(Tile() if coder == ABSENT else Tile.of(coder, payload) for payload in payloads)


@contextmanager
def small_tiles(base: int, residual: tuple[int, int]) -> Iterator[None]:
    """Make the encoder choose tiles of this edge, and of this height and width."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(VariableRate, "choose_tile", lambda *_: (base, base))
        patch.setattr(Adaptive, "choose_tile", lambda *_: residual)
        yield

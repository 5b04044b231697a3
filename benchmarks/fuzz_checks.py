"""What must hold of any file whatever: only errors of the library, and no wrong picture.

A picture is wrong when its samples have another hash than its layer states; what is called exact is wrong when it is
whole and has another hash, where its tile is not bound to the picture, or, in a file without forged digests, when the
samples are not those of the picture with that hash.
"""

import hashlib
from collections.abc import Callable
from functools import partial

import hybridcodec_container as container
import numpy as np
from hybridcodec_container.layout import SAMPLES, SAMPLES_TAG, Kind
from numpy.typing import NDArray

from benchmarks.fuzz_cases import Case
from benchmarks.fuzz_chunks import bound_tiles
from hybridcodec import codec
from hybridcodec.displaying import knows_display
from hybridcodec.errors import HybridcodecError, InputError
from hybridcodec.salvage import Salvaged, State, salvage, salvage_source

U8 = NDArray[np.uint8]
LAYERS = ("exact", "perceptual", "base")
_PICTURES = 3
"""How many pictures of an album are decoded by their numbers."""
_MOST = 1 << 24
"""Bytes of a source file, so that one which claims more is refused and takes no time."""


class WrongError(Exception):
    """Something that must not be."""


def check_case(case: Case) -> dict[str, str]:
    """Try every way of reading the file; return what came of each.

    Raises:
        WrongError: a wrong picture, or an extract that cannot be decoded.
        Exception: anything that is no error of the library.
    """
    return {name: _outcome(check, case) for name, check in CHECKS.items()}


def check_salvage(case: Case) -> str:
    """Salvage the file, of an album its first pictures; return the states that the pixels have.

    Raises:
        WrongError: a pixel is called exact and is not, or the map has another size than the picture.
    """
    try:
        return _check_salvaged(case, None)
    except InputError:  # several pictures
        came = [_outcome(partial(_check_salvaged, number=number), case) for number in range(_PICTURES)]
        return min(came, key=lambda outcome: outcome.endswith("Error"))


def _check_salvaged(case: Case, number: int | None) -> str:
    found = salvage(case.data, picture=number)
    if found.states.shape != found.samples.shape[:2]:
        raise WrongError(f"a map of {found.states.shape} for a picture of {found.samples.shape}")
    _require_exact_is_exact(found, case, number or 0)
    return " and ".join(state.name.lower() for state in State if found.share(state))


def _outcome(check: Callable[[Case], str], case: Case) -> str:
    try:
        return check(case)
    except HybridcodecError as error:
        return type(error).__name__


def _decode(layer: str) -> Callable[[Case], str]:
    def check(case: Case) -> str:
        samples = codec.decode(case.data, layer=layer)
        _require_stated(samples, container.read_container(case.data).pictures[0], layer)
        return "decoded"

    return check


def _one_of_several(case: Case) -> str:
    """Decode pictures by number, each as far as its file has one."""
    came = []
    for number in range(_PICTURES):
        came += [_outcome(partial(_numbered, number=number, layer=layer), case) for layer in LAYERS]
        came.append(_outcome(partial(_cut, number=number), case))
    return "decoded" if "decoded" in came else came[0]


def _numbered(case: Case, number: int, layer: str) -> str:
    samples = codec.decode(case.data, layer=layer, picture=number)
    _require_stated(samples, container.Album.open(case.data).picture(number), layer)
    return "decoded"


def _cut(case: Case, number: int | None = None) -> str:
    samples, arrived = codec.decode_cut(case.data, picture=number)
    if arrived == 1:
        _require_stated(samples, container.read_cut(case.data).pictures[number or 0], "perceptual")
    return "decoded"


def _extract(case: Case) -> str:
    extracted = codec.extract(case.data)
    try:
        codec.check(extracted)
    except HybridcodecError as error:
        raise WrongError(f"extract returned what decode refuses: {error}") from error
    return "extracted"


def _source(case: Case) -> str:
    kept, _ = salvage_source(case.data, max_bytes=_MOST)
    source = container.read_remains(case.data).source
    if source is None or hashlib.sha256(kept).digest() != source.recipe.file_hash:
        raise WrongError("the source file of a damaged file is another one")
    return "restored"


def _read(case: Case) -> str:
    codec.read_info(case.data)
    codec.read_metadata(case.data)
    return "read"


CHECKS: dict[str, Callable[[Case], str]] = {
    "exact": _decode("exact"),
    "perceptual": _decode("perceptual"),
    "base": _decode("base"),
    "by number": _one_of_several,
    "cut": _cut,
    "extract": _extract,
    "read": _read,
    "salvage": check_salvage,
    "source": _source,
}


def _require_exact_is_exact(found: Salvaged, case: Case, number: int) -> None:
    exact = found.states == State.EXACT
    if not exact.any():
        return
    picture = container.read_remains(case.data).pictures[number]
    residual = picture.residual
    if residual is None:
        raise WrongError("pixels are called exact without a residual layer")
    if exact.all():
        _require_hash(found.samples, residual.sample_hash, "picture called exact")
    tiles = bound_tiles(case.data, Kind.RESIDUAL.value, picture.header.identity)
    grid = residual.grid(picture.header)
    for place in set(range(grid.count)) - tiles:
        left, top, width, height = grid.box(place)
        if exact[top : top + height, left : left + width].any():
            raise WrongError(f"pixels of residual tile {place} are called exact, and none is bound to this picture")
    if case.forged:
        return
    known = case.pictures.get(residual.sample_hash)
    if known is None or not np.array_equal(found.samples.reshape(known.shape)[exact], known[exact]):
        raise WrongError(f"{np.count_nonzero(exact)} pixels are called exact, and not all of them are")


def _require_stated(samples: U8, picture: container.Picture, layer: str) -> None:
    stated = {"exact": picture.residual, "base": picture.base, "perceptual": _shown(picture)}[layer]
    if stated is None:
        raise WrongError(f"a picture without its {layer} layer was decoded")
    _require_hash(samples, stated.sample_hash, layer)


def _shown(picture: container.Picture) -> container.Layer | None:
    """Return the layer that `perceptual` shows: the display layer, where all that it is made of is known and here."""
    base = picture.base
    return picture.display if base is not None and base.arrived == 1 and knows_display(picture) else base


def _require_hash(samples: U8, stated: bytes, name: str) -> None:
    """Hash as `container/FORMAT.md` says, on its own."""
    H, W, C = samples.reshape(*samples.shape[:2], -1).shape
    if hashlib.sha256(SAMPLES.pack(SAMPLES_TAG, W, H, C, 1, 0, 0) + samples.tobytes()).digest() != stated:
        raise WrongError(f"a wrong {name}: its hash is not the one in the file")

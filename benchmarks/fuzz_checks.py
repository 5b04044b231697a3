"""What must hold of any file whatever: only errors of the library, and no wrong picture.

A picture is wrong when its samples have another hash than the header of its file states; what is called exact is wrong
when the samples are not those of the picture with that hash.
"""

import hashlib
from collections.abc import Callable

import numpy as np
from hybridcodec_container.layout import SAMPLES, SAMPLES_TAG
from hybridcodec_container.parts import read_head
from numpy.typing import NDArray

from benchmarks.fuzz_cases import Case
from hybridcodec import codec
from hybridcodec.errors import HybridcodecError
from hybridcodec.salvage import Salvaged, State, salvage

U8 = NDArray[np.uint8]


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
    """Salvage the file; return the states that its pixels have.

    Raises:
        WrongError: a pixel is called exact and is not, or the map has another size than the picture.
    """
    found = salvage(case.data)
    if found.states.shape != found.samples.shape[:2]:
        raise WrongError(f"a map of {found.states.shape} for a picture of {found.samples.shape}")
    _require_exact_is_exact(found, case)
    return " and ".join(state.name.lower() for state in State if found.share(state))


def _outcome(check: Callable[[Case], str], case: Case) -> str:
    try:
        return check(case)
    except HybridcodecError as error:
        return type(error).__name__


def _decode(layer: str) -> Callable[[Case], str]:
    def check(case: Case) -> str:
        samples = codec.decode(case.data, layer=layer)
        _, header, _ = read_head(case.data)
        _require_hash(samples, header.sample_hash if layer == "exact" else header.base_hash, layer)
        return "decoded"

    return check


def _cut(case: Case) -> str:
    samples, arrived = codec.decode_cut(case.data)
    if arrived == 1:
        _require_hash(samples, read_head(case.data)[1].base_hash, "preview")
    return "decoded"


def _extract(case: Case) -> str:
    extracted = codec.extract(case.data)
    try:
        codec.decode(extracted, layer="perceptual")
    except HybridcodecError as error:
        raise WrongError(f"extract returned what decode refuses: {error}") from error
    return "extracted"


def _read(case: Case) -> str:
    codec.read_info(case.data)
    codec.read_metadata(case.data)
    return "read"


CHECKS: dict[str, Callable[[Case], str]] = {
    "exact": _decode("exact"),
    "perceptual": _decode("perceptual"),
    "cut": _cut,
    "extract": _extract,
    "read": _read,
    "salvage": check_salvage,
}


def _require_exact_is_exact(found: Salvaged, case: Case) -> None:
    exact = found.states == State.EXACT
    if not exact.any():
        return
    stated = read_head(case.data)[1].sample_hash
    picture = case.pictures.get(stated)
    if picture is None:  # a hash that the fuzzer made up: only the whole can be right
        _require_hash(found.samples, stated, "picture called exact")
    elif not np.array_equal(found.samples.reshape(picture.shape)[exact], picture[exact]):
        raise WrongError(f"{np.count_nonzero(exact)} pixels are called exact, and not all of them are")


def _require_hash(samples: U8, stated: bytes, name: str) -> None:
    """Hash as `container/FORMAT.md` says, on its own."""
    H, W, C = samples.reshape(*samples.shape[:2], -1).shape
    if hashlib.sha256(SAMPLES.pack(SAMPLES_TAG, W, H, C, 1, 0) + samples.tobytes()).digest() != stated:
        raise WrongError(f"a wrong {name}: its hash is not the one in the header")

"""The matrix library below NumPy, held to one thread while we use it.

Its threads wait awake for more work, which costs small pictures several times their work; a layer is divided among
threads of ours instead. Where the library is none of those known here, nothing is held, and results are the same.
"""

import ctypes
import os
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import cache
from typing import Final

import numpy as np

_NAMES: Final = (
    ("scipy_openblas_get_num_threads64_", "scipy_openblas_set_num_threads64_"),
    ("scipy_openblas_get_num_threads", "scipy_openblas_set_num_threads"),
    ("openblas_get_num_threads64_", "openblas_set_num_threads64_"),
    ("openblas_get_num_threads", "openblas_set_num_threads"),
    ("MKL_Get_Max_Threads", "MKL_Set_Num_Threads"),
    ("bli_thread_get_num_threads", "bli_thread_set_num_threads"),
)
"""What the libraries call these two functions."""


class _Holders:
    """Those who want one thread now, and how many threads there were before the first of them."""

    def __init__(self) -> None:
        self.lock, self.count, self.before = threading.Lock(), 0, 1


_holders = _Holders()
if hasattr(os, "register_at_fork"):
    os.register_at_fork(after_in_child=_holders.__init__)  # type: ignore[misc]  # those who held it are not there


@contextmanager
def one_thread() -> Iterator[None]:
    """Hold the matrix library to one thread; what it was set to comes back with the last that leaves."""
    found = _functions()
    if found is None:
        yield
        return
    get, set_ = found
    with _holders.lock:
        if _holders.count == 0:
            _holders.before = get()
            if _holders.before != 1:
                set_(1)
        _holders.count += 1
    try:
        yield
    finally:
        with _holders.lock:
            _holders.count -= 1
            if _holders.count == 0 and _holders.before != 1:
                set_(_holders.before)


@cache
def _functions() -> tuple[Callable[[], int], Callable[[int], None]] | None:
    """Return what reads and what sets the number of threads, found from NumPy's own module that links to it."""
    try:
        library = ctypes.CDLL(np._core._multiarray_umath.__file__)  # type: ignore[attr-defined]
    except (AttributeError, OSError):
        return None
    for get, set_ in _NAMES:
        if hasattr(library, get) and hasattr(library, set_):
            return getattr(library, get), getattr(library, set_)
    return None

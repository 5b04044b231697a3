"""Compiled kernels: numba, its compiled code kept between runs where there is a place to keep it.

Never with `fastmath`: the order of operations that a kernel writes out is part of the file format.
"""

import sys
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any, TypeVar

from hybridcodec.machine.compiler import numba
from hybridcodec.machine.parts import Kernel

F = TypeVar("F", bound=Callable[..., Any])


def kernel(*, allocates: bool = False, **options: Any) -> Callable[[F], F]:
    """Compile a function with numba, `options` being those of `numba.njit`; see `parts` for kernels that call others.

    A kernel borrows the arrays that it is given: nothing counts who holds them, which takes a third of the time of one
    that calls others for every symbol. One that makes arrays of its own has to say that it `allocates`; numba compiles
    no other that does. With `forceinline` it becomes a piece of those that call it: each array costs a call seven
    words, which for one that is called for every symbol is more than what it does.

    Where neither the package's folder nor the user's cache folder can be written, compiled code is not kept, and every
    process compiles anew; `NUMBA_CACHE_DIR` names another place. Code that was kept and is damaged is compiled again.
    With `NUMBA_DISABLE_JIT=1` nothing is compiled: all runs as the Python that it is.
    """

    def compile_(function: F) -> F:
        if vars(numba.core.config)["DISABLE_JIT"]:
            return function
        compiled: F = Kernel(function, targetoptions=options | {"_nrt": allocates})
        return compiled

    return compile_


@dataclass(frozen=True)
class Uses:
    """What this process has had of kernels: how many it `compiled`, and loaded as they were `kept`; in which folders.

    What is compiled into a kernel that was kept is not counted beside it.
    """

    compiled: int
    kept: int
    folders: tuple[str, ...]


def kernel_uses() -> Uses:
    """Count the kernels that were used so far."""
    found = {id(kernel): kernel.stats for kernel in _kernels()}.values()
    compiled = sum(sum(stats.cache_misses.values()) for stats in found)
    kept = sum(sum(stats.cache_hits.values()) for stats in found)
    folders = {stats.cache_path for stats in found if stats.cache_path}
    return Uses(compiled, kept, tuple(sorted(folders)))


def _kernels() -> Iterator[Any]:
    for name, module in list(sys.modules.items()):
        if name.startswith("hybridcodec."):
            yield from (value for value in vars(module).values() if isinstance(value, Kernel))

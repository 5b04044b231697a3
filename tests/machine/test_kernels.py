"""What is compiled once is kept: a later process compiles nothing."""

import importlib
import os
import pkgutil
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import numpy as np
import pytest
from numba.core.compiler_lock import global_compiler_lock
from numba.core.errors import NumbaError
from numpy.typing import NDArray

from hybridcodec.machine import parts
from hybridcodec.machine.kernels import kernel

Values = NDArray[np.float64]
PROGRAM = """
import numpy as np
from numba.core import event
from hybridcodec import decode, encode
with event.install_recorder("numba:compile") as found:
    decode(encode(np.zeros((20, 20, 3), np.uint8)))
print(sorted({when[1].data["dispatcher"].py_func.__qualname__ for when in found.buffer}))
"""


def test_a_later_process_compiles_nothing() -> None:
    """Such as the constructor of a structref, which numba keeps only inside of other code."""
    environment = {**os.environ, "PYTHONPATH": os.pathsep.join(path for path in sys.path if path)}
    command = [sys.executable, "-c", PROGRAM]
    for _ in range(2):  # the first compiles what is not kept yet
        found = subprocess.run(command, env=environment, capture_output=True, text=True, check=False)
        assert found.returncode == 0, found.stderr
    assert found.stdout.strip() == "[]"


def test_no_thread_compiles_while_another_looks_for_what_was_kept(monkeypatch: pytest.MonkeyPatch) -> None:
    """It would not know yet that there is a place, and compile what lies in it."""

    @kernel()
    def following(value: int) -> int:
        return value + 1

    def may_compile() -> bool:
        taken = global_compiler_lock._lock.acquire(blocking=False)
        if taken:
            global_compiler_lock._lock.release()
        return bool(taken)

    place, others = parts.CheckedCache, []

    def looked_for(function: Any) -> parts.CheckedCache:
        with ThreadPoolExecutor(1) as pool:
            others.append(pool.submit(may_compile).result())
        return place(function)

    monkeypatch.setattr(parts, "CheckedCache", looked_for)
    assert following(1) == 2
    assert others == [False]


def test_what_kernels_take_is_told_apart_by_its_names() -> None:
    """numba looks up a named tuple by them; where two have the same, every call of a kernel takes a millisecond."""
    found: dict[tuple[object, ...], type] = {}
    for module in ("base", "entropy", "generative", "integer", "keeping", "machine", "residual", "sources"):
        package = importlib.import_module(f"hybridcodec.{module}")
        for info in pkgutil.walk_packages(package.__path__, f"{package.__name__}."):
            names = vars(importlib.import_module(info.name)).values()
            for each in (value for value in names if isinstance(value, type) and issubclass(value, tuple)):
                key = each.__name__, getattr(each, "_fields", each.__module__)
                assert found.setdefault(key, each) is each, f"{found[key]} and {each}"


def test_numba_does_without_scipy_and_still_finds_it_where_it_is_needed() -> None:
    program = (
        "import sys\nfrom hybridcodec.machine import kernels\nprint('scipy' in sys.modules)\n"
        "import numba, numpy as np\nprint(numba.njit(lambda a: np.dot(a, a))(np.eye(3)).sum())\n"
    )
    found = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=False)
    assert found.stdout.split() == ["False", "3.0"], found.stderr


def _doubled(values: Values) -> float:
    return float((2.0 * values)[0])


def _doubled_too(values: Values) -> float:
    return float((2.0 * values)[0])


def test_a_kernel_that_makes_arrays_must_say_so() -> None:
    assert kernel(allocates=True)(_doubled)(np.ones(3)) == 2.0
    with pytest.raises(NumbaError, match="NRT required but not enabled"):
        kernel()(_doubled_too)(np.ones(3))

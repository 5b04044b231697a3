"""No product and sum of what decoders and analyses compute in reals becomes one rounding where a processor could do so.

Golden files would hardly notice. AArch64 always has it, so its code is emitted here, on any machine, and read.
"""

import os
import re
import subprocess
import sys
from pathlib import Path

import pytest

PROGRAM = """
import sys
import llvmlite.binding as llvm
from llvmlite import ir

TRIPLE = "aarch64-unknown-linux-gnu"
llvm.initialize_all_targets()
llvm.initialize_all_asmprinters()
try:
    target = llvm.Target.from_triple(TRIPLE)
except RuntimeError:
    sys.exit(77)
llvm.get_process_triple = lambda: TRIPLE
llvm.Target.from_default_triple = classmethod(lambda cls: target)
if sys.argv[1] == "contracted":
    def contracted(plain):
        def operation(self, lhs, rhs, name="", flags=()):
            return plain(self, lhs, rhs, name=name, flags=(*flags, "contract"))
        return operation
    for name in ("fmul", "fadd", "fsub"):
        setattr(ir.IRBuilder, name, contracted(getattr(ir.IRBuilder, name)))

from numba import boolean, float32, float64, int16, int32, int64, types, uint64
from hybridcodec.integer import scaled
from hybridcodec.machine import recursion
from hybridcodec.residual import least_squares as ls
from hybridcodec.residual.adaptive import experts, gradients, learning, offsets, wavefront
from hybridcodec.residual.adaptive.model import Rates
from hybridcodec.residual.wide import decision

def line(kind): return kind[::1]
def rows(kind): return kind[:, ::1]
def cubes(kind): return kind[:, :, ::1]
def blocks(kind): return kind[:, :, :, ::1]
def named(kind, *fields): return types.NamedTuple(fields, kind)
def numbers(kind, number=float32, **others):
    return named(kind, *(others.get(name, number) for name in kind._fields))

span, rates = numbers(wavefront.Span, int64), numbers(Rates, samples=int64)
plain = named(ls.Expert, rows(int32), float64, blocks(float64), cubes(float64), rows(float64))
expert = named(
    experts.Expert, rows(int32), float32, float32, int64, int64, blocks(float32), cubes(float32), rows(float32)
)
told = named(
    gradients.Foretold, rows(int32), rows(int32), cubes(int32), line(int32), int64, int64, float32, cubes(int32)
)
tables = named(
    offsets.Offsets, rows(float32), rows(uint64), line(float32), rows(float32), rows(float32), line(float32)
)
moments = types.UniTuple(line(float32), 4)
layout = numbers(scaled._Layout, int64, adds=boolean, rounds=boolean)
finish = rows(int32), rows(float32), line(int16), layout
kernels = (
    (ls.solve, (plain, int64, int64, int64, named(recursion.Room, rows(float64), rows(float64)))),
    (decision._mix, (rows(float64), int64, rows(float64))),
    (decision._learn, (rows(float64), int64, rows(float64), float64)),
    (experts.solve, (expert, int64, int64, int64, named(recursion.Room, rows(float32), rows(float32)))),
    (experts.predict, (line(int32), rows(float32), rows(float32), int64, int64, int64, line(float32), line(int32))),
    (gradients.follow, (told, line(int32), span, rows(float32))),
    (learning._move, (moments, numbers(learning.Step), float32, rates)),
    (offsets.shift, (tables, span, rows(int32))),
    (offsets.learn, (tables, rows(float32), span, rates)),
    (scaled._finish, (*finish, line(int16))),
    (scaled._finish, (*finish, line(float32))),
)
for kernel, signature in kernels:
    kernel.compile(signature)
    print("KERNEL", kernel.py_func.__module__, kernel.py_func.__name__)
    print(kernel.inspect_asm(kernel.signatures[-1]))
sys.stdout.flush()
import os
os._exit(0)
"""

KERNELS = 11


def assembly(tmp_path: Path, how: str) -> str:
    """Return the AArch64 code of the kernels, `plain` or `contracted`."""
    environment = {
        **os.environ,
        "NUMBA_CACHE_DIR": str(tmp_path),
        "NUMBA_CPU_NAME": "generic",
        "NUMBA_CPU_FEATURES": "",
    }
    environment["PYTHONPATH"] = os.pathsep.join(path for path in sys.path if path)
    command = [sys.executable, "-c", PROGRAM, how]
    found = subprocess.run(command, env=environment, capture_output=True, text=True, check=False)
    if found.returncode == 77:
        pytest.skip("llvmlite was built without the AArch64 target")
    assert found.returncode == 0, found.stderr
    return found.stdout


def of_kernels(code: str) -> dict[str, str]:
    """Split code by kernel."""
    name, *rest = re.split(r"^KERNEL (.*)$", code, flags=re.MULTILINE)[1:]
    parts = [name, *rest]
    return {f"{number} {parts[2 * number]}": parts[2 * number + 1] for number in range(len(parts) // 2)}


def fused(code: str) -> list[str]:
    return re.findall(r"^\s+(fn?m(?:add|sub|la|ls)\b.*)$", code, re.MULTILINE)


def test_code_for_aarch64_rounds_after_every_product(tmp_path: Path) -> None:
    for name, code in of_kernels(assembly(tmp_path, "plain")).items():
        assert re.search(r"^\s+fmul\b", code, re.MULTILINE), name
        assert fused(code) == [], name


def test_contracted_code_is_seen(tmp_path: Path) -> None:
    found = of_kernels(assembly(tmp_path, "contracted"))
    assert len(found) == KERNELS
    for name, code in found.items():
        assert fused(code), name

"""No product and sum of least squares or mixed decisions become one rounding where a processor could do so.

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

from numba import float64, int64, int32, types
from hybridcodec.residual import least_squares as ls
from hybridcodec.residual.wide import decision
rows = float64[:, ::1]
cubes = float64[:, :, ::1]
blocks = float64[:, :, :, ::1]
expert = types.NamedTuple((int32[:, ::1], float64, blocks, cubes, rows), ls.Expert)
solve = (expert, int64, int64, int64, rows)
mix, learn = (rows, int64, rows), (rows, int64, rows, float64)
kernels = ((ls.solve, solve), (decision._mix, mix), (decision._learn, learn))
for kernel, signature in kernels:
    kernel.compile(signature)
    print(kernel.inspect_asm(kernel.signatures[0]))
sys.stdout.flush()
import os
os._exit(0)
"""


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


def fused(code: str) -> list[str]:
    return re.findall(r"^\s+(fn?m(?:add|sub|la|ls)\b.*)$", code, re.MULTILINE)


def test_code_for_aarch64_rounds_after_every_product(tmp_path: Path) -> None:
    code = assembly(tmp_path, "plain")
    assert len(re.findall(r"^\s+fmul\b", code, re.MULTILINE)) > 20
    assert fused(code) == []


def test_contracted_code_is_seen(tmp_path: Path) -> None:
    assert len(fused(assembly(tmp_path, "contracted"))) > 20

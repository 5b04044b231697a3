"""Kernels compiled on this machine for AArch64, for `arm.sh`: which a decoder calls, then their code in numba's cache.

    python -m benchmarks.arm_kernels list GOLDEN FILE       decode here, and note kernels and signatures in FILE
    python -m benchmarks.arm_kernels compile GOLDEN FILE    compile those for AArch64 into NUMBA_CACHE_DIR; runs none

`NUMBA_CPU_NAME` and `NUMBA_CPU_FEATURES` must be what they will be on the other machine.
"""

import os
import pickle
import sys
from importlib import import_module
from pathlib import Path
from typing import Any, Final

TRIPLE: Final = "aarch64-unknown-linux-gnu"
Found = dict[tuple[str, str], list[Any]]
"""Signatures by module and name of the kernel."""


def main(action: str, golden: str, file: str) -> None:
    """Do one of the two."""
    if action == "list":
        Path(file).write_bytes(pickle.dumps(called(Path(golden))))
        return
    aim()
    for (module, name), signatures in pickle.loads(Path(file).read_bytes()).items():  # noqa: S301 - written by `list`
        for signature in signatures:
            getattr(import_module(module), name).compile(signature)
    sys.stdout.flush()
    os._exit(0)  # what was compiled cannot be taken down as code of this processor


def called(golden: Path) -> Found:
    """Decode every golden picture, and return the kernels that Python called."""
    from numba.core.dispatcher import Dispatcher

    from hybridcodec import decode

    for path in sorted(golden.glob("*.hyc")):
        decode(path.read_bytes(), layer="perceptual")
        if "exact" in path.with_suffix(".json").read_text():
            decode(path.read_bytes())
    found: Found = {}
    for name, module in list(sys.modules.items()):
        for kernel in list(vars(module).values()) if name.startswith("hybridcodec") else []:
            if isinstance(kernel, Dispatcher) and kernel.signatures:
                found[kernel.py_func.__module__, kernel.py_func.__name__] = list(kernel.signatures)
    return found


def aim() -> None:
    """Have numba compile for AArch64."""
    import llvmlite.binding as llvm

    llvm.initialize_all_targets()
    llvm.initialize_all_asmprinters()
    target = llvm.Target.from_triple(TRIPLE)
    llvm.get_process_triple = lambda: TRIPLE
    llvm.Target.from_default_triple = classmethod(lambda cls: target)  # noqa: ARG005


if __name__ == "__main__":
    main(*sys.argv[1:])

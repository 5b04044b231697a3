"""Compiled code that is kept between runs, proven before it is loaded; the files of numba's cache, with a digest each.

numba believes what it finds in its folder. But files are cut where the power fails or a disk is full, and an index is
written before the code that it names. So every file begins with the SHA-256 of what follows and of what it is for: the
file's name, numba's version, the stamp of all sources, the signature and the processor. Whatever is not that is
compiled again and replaced; where that cannot be written, the code is not kept.
"""

import hashlib
import os
import pickle
from contextlib import suppress
from functools import cache
from itertools import count
from pathlib import Path
from typing import Any, Final

from hybridcodec.machine.compiler import numba

_DIGEST_BYTES: Final = 32
_PACKAGE: Final = Path(__file__).parents[1]
_NO_KERNELS: Final = frozenset({
    "__pycache__", "cli", "files", "models", "orthanc", "pipeline", "proof", "report", "salvage", "storage", "train",
    "view", "warming",
})  # fmt: skip
_RUNTIME_NAMES: Final = b"NRT_"
"""How names begin in the runtime of numba."""
_caching: Any = numba.core.caching
_runtime: Any = vars(numba.core.runtime)["rtsys"]


@cache
def package_stamp() -> str:
    """Return what tells the sources of this package from others.

    A kernel holds the code of those that it calls, and the numbers that it was compiled with, of whatever module: numba
    looks at the kernel's own module alone.
    """
    found = hashlib.sha256()
    for folder, folders, names in os.walk(_PACKAGE):
        folders[:] = sorted(name for name in folders if name not in _NO_KERNELS)
        for name in sorted(names):
            if name.endswith(".py"):
                state = os.stat(os.path.join(folder, name))
                found.update(repr((os.path.relpath(folder, _PACKAGE), name, state.st_mtime_ns, state.st_size)).encode())
    return found.hexdigest()


class CheckedFiles(_caching.IndexDataCacheFile):  # type: ignore[misc]  # untyped
    """The index of a kernel, which names a file for each signature and processor, and those files."""

    def load(self, key: Any) -> Any:
        """Return what was kept for `key`, None where it is missing or not what was kept."""
        name = self._load_index().get(key)
        return None if name is None else self._read(self._data_path(name), repr(key))

    def save(self, key: Any, data: Any) -> None:
        """Keep `data`: first the code, then the index that names it."""
        names = self._load_index()
        taken = set(names.values())
        if key not in names:
            names[key] = next(name for number in count(1) if (name := self._data_name(number)) not in taken)
        self._write(self._data_path(names[key]), repr(key), data)
        self._save_index(names)

    def _load_index(self) -> dict[Any, str]:
        return self._read(self._index_path, "index") or {}

    def _save_index(self, overloads: dict[Any, str]) -> None:
        self._write(self._index_path, "index", overloads)

    def _read(self, path: str, purpose: str) -> Any:
        """Return the content of a file, None where it is not what `_write` wrote there for this purpose."""
        try:
            content = Path(path).read_bytes()
        except OSError:
            return None
        digest, payload = content[:_DIGEST_BYTES], content[_DIGEST_BYTES:]
        return pickle.loads(payload) if digest == self._digest(path, purpose, payload) else None  # noqa: S301

    def _write(self, path: str, purpose: str, content: Any) -> None:
        payload = self._dump(content)
        with self._open_for_write(path) as file:
            file.write(self._digest(path, purpose, payload) + payload)

    def _digest(self, path: str, purpose: str, payload: bytes) -> bytes:
        about = repr((Path(path).name, self._version, self._source_stamp, purpose)).encode()
        return hashlib.sha256(len(about).to_bytes(4, "little") + about + payload).digest()


class CheckedCache(_caching.FunctionCache):  # type: ignore[misc]  # untyped
    """The kept code of a kernel: whatever is wrong with it costs a compilation, never more."""

    def __init__(self, function: Any) -> None:
        """Find the place; raises RuntimeError or OSError where there is none."""
        super().__init__(function)
        stamp = self._impl.locator.get_source_stamp(), package_stamp()
        self._cache_file = CheckedFiles(self._cache_path, self._impl.filename_base, stamp)

    def load_overload(self, sig: Any, target_context: Any) -> Any:
        """Return the code for a signature, None where it has to be compiled.

        numba would first load all that it knows of NumPy and more, which takes longer than a small picture. Code
        that is compiled already needs at most the runtime that counts references.
        """
        with suppress(Exception):
            key = self._index_key(sig, target_context.codegen())
            kept = self._cache_file.load(key)
            if kept is None:
                return None
            if _RUNTIME_NAMES in pickle.dumps(kept):
                _runtime.initialize(target_context)
            return self._impl.rebuild(target_context, kept)
        return None

    def save_overload(self, sig: Any, data: Any) -> None:
        """Keep code, where that can be done."""
        with suppress(Exception):
            super().save_overload(sig, data)

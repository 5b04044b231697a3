"""Files that were restored a moment ago, since viewers ask for one many times."""

import threading
from collections import OrderedDict
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path


@dataclass
class Recent:
    """The last files, together at most `limit` bytes; safe for threads."""

    limit: int
    _files: "OrderedDict[Path, bytes]" = field(default_factory=OrderedDict, init=False)
    _turn: threading.Lock = field(default_factory=threading.Lock, init=False)

    def get(self, path: Path, restore: Callable[[Path], bytes]) -> bytes:
        """Return what `restore` makes of a file that never changes."""
        with self._turn:
            if path in self._files:
                self._files.move_to_end(path)
                return self._files[path]
        data = restore(path)
        with self._turn:
            self._files[path] = data
            while sum(map(len, self._files.values())) > self.limit:
                self._files.popitem(last=False)
        return data

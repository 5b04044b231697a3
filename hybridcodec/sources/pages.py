"""Pictures of a document that are read when they are asked for, each time anew."""

from collections.abc import Callable, Sequence
from typing import overload

from hybridcodec.image import Picture


class Pages(Sequence[Picture]):
    """So many pictures, each read by its number from 0; nothing of them is kept."""

    def __init__(self, count: int, read: Callable[[int], Picture]) -> None:
        """Take how many there are, and what reads one."""
        self._count, self._read = count, read

    def __len__(self) -> int:
        return self._count

    @overload
    def __getitem__(self, number: int) -> Picture: ...
    @overload
    def __getitem__(self, number: slice) -> Sequence[Picture]: ...
    def __getitem__(self, number: int | slice) -> Picture | Sequence[Picture]:
        """Read one; a slice reads nothing yet."""
        chosen = range(self._count)[number]
        if isinstance(chosen, range):
            return Pages(len(chosen), lambda place: self._read(chosen[place]))
        return self._read(chosen)

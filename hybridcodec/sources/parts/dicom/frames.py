"""Frames of a file as a sequence of pictures, each read when it is asked for."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import overload

from hybridcodec.image import Picture


@dataclass(frozen=True)
class Frames(Sequence[Picture]):
    """So many pictures, and the function that reads the one of a number."""

    length: int
    read: Callable[[int], Picture]

    def __len__(self) -> int:
        return self.length

    @overload
    def __getitem__(self, place: int) -> Picture: ...
    @overload
    def __getitem__(self, place: slice) -> Sequence[Picture]: ...
    def __getitem__(self, place: int | slice) -> Picture | Sequence[Picture]:
        """Return a picture, or a sequence of some of them."""
        numbers = range(self.length)[place]
        if isinstance(numbers, int):
            return self.read(numbers)
        return Frames(len(numbers), lambda i: self.read(numbers[i]))

"""A region of a picture: where it lies, in whole pixels of what is decoded."""

from __future__ import annotations

import operator
from collections.abc import Iterable
from dataclasses import dataclass
from itertools import islice

from hybridcodec.errors import InputError
from hybridcodec.tiling import Area


@dataclass(frozen=True)
class Region:
    """A rectangle: its left column `x` and top row `y`, from 0, and its sides, from 1."""

    x: int
    y: int
    width: int
    height: int

    @classmethod
    def of(cls, value: object) -> Region:
        """Return a region that is one, or four integers x, y, width, height.

        Raises:
            InputError: it is neither, or holds a negative number or a side of 0.
        """
        if isinstance(value, Region):
            return value
        numbers = _integers(value)
        if len(numbers) != 4 or min(numbers[:2]) < 0 or min(numbers[2:]) < 1:
            found = ",".join(map(str, numbers[:8])) if numbers else repr(value)[:80]
            expected = "a region is x, y, width, height: integers, the first two from 0, the sides from 1"
            raise InputError(f"{expected}; found {found}")
        return cls(*numbers)

    def within(self, height: int, width: int) -> Area:
        """Return rows and columns in a picture of this size; raises InputError where it reaches beyond."""
        if self.x + self.width > width or self.y + self.height > height:
            raise InputError(f"the region {self} reaches beyond the picture of {width}x{height} pixels")
        return slice(self.y, self.y + self.height), slice(self.x, self.x + self.width)

    def __str__(self) -> str:
        """As it is given to a command."""
        return f"{self.x},{self.y},{self.width},{self.height}"


def _integers(value: object) -> list[int]:
    """Return the integers of a sequence; none where it is something else."""
    try:
        numbers = [] if isinstance(value, str | bytes) or not isinstance(value, Iterable) else list(islice(value, 9))
        return [] if any(isinstance(number, bool) for number in numbers) else [operator.index(n) for n in numbers]
    except TypeError:
        return []

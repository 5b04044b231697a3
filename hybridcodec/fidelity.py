"""What a file promises of its samples: the mode and its bound, checked once and passed on as one value."""

from dataclasses import dataclass
from typing import Self

from hybridcodec.arguments import checked_max_error, checked_mode
from hybridcodec.modes import Mode


@dataclass(frozen=True)
class Fidelity:
    """A mode with the bound that fits it: 1 to 255 in near-lossless mode, 0 in the others."""

    mode: Mode = Mode.LOSSLESS
    max_error: int = 0

    def __post_init__(self) -> None:
        """Check the bound; raises InputError."""
        checked_max_error(self.mode, self.max_error)

    @classmethod
    def of(cls, mode: object, max_error: object) -> Self:
        """Return what a caller asked for in words and numbers.

        Raises:
            InputError: no such mode, or the bound does not fit it.
        """
        known = checked_mode(mode)
        return cls(known, checked_max_error(known, max_error))

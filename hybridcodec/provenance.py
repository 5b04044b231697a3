"""What a decoded picture is a record of, in words that are the same in `info`, in metadata and on pages."""

from typing import Final

LEARNED: Final = "a lossy picture made by a learned decoder"
"""Said of every base picture."""
GENERATED: Final = "generated: not a record of what was there"
"""Said of every display picture."""
NO_RECORD: Final = "small detail in it may be invented, left out or replaced by something that looks plausible"
"""What either may do."""

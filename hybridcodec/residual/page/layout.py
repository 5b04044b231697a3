"""Where what adapts and what is worked on stands in its arrays: kernels pass few arrays, and places in them have names.

| array | type | what |
|---|---|---|
| counters | int32 (CONTEXTS, 2^bits) | of contexts: from the high bits, 19 of probability, 8 of count, 4 of history |
| weights | int32 (SETS, inputs) | of the mixture, in 1/65536 |
| learned | int32 (LEARNED,) | meanings of histories, corrections, chances of quiet blocks |
| work | int64 (COLUMNS + width + 2,) | what is known of the pixel at hand, and the columns above |
"""

from typing import Final

CONTEXTS: Final = 14

SMALL: Final = 64
CONFIDENCE: Final = 8
MIDDLE: Final = 1024
SETS: Final = SMALL + CONFIDENCE + MIDDLE
"""Of weights: chosen by 6 pixels, by how many contexts were met before, by 10 pixels."""
BINS: Final = 25
"""Of a correction, 256 distances apart."""
HISTORIES: Final = 16
"""A 1 and up to three bits."""
BLOCK: Final = 32
"""Pixels of a block."""
QUIET_PLACES: Final = 64

MEANINGS: Final = 0
CORRECTIONS: Final = MEANINGS + CONTEXTS * HISTORIES
QUIET: Final = CORRECTIONS + (SMALL + MIDDLE) * (BINS + 1)
LEARNED: Final = QUIET + QUIET_PLACES + 2 * BLOCK

ABOVE: Final = 6
"""Rows above that contexts see."""

PLACES: Final = 0
INPUTS: Final = PLACES + CONTEXTS
MOST_INPUTS: Final = 64
CHOICES: Final = INPUTS + MOST_INPUTS
DISTANCES: Final = CHOICES + 3
"""Of the three mixtures, then of their mean."""
AROUND: Final = DISTANCES + 4
"""Of the rows above, the nearest first: 15 pixels before a block, the block, 15 behind it."""
WINDOWS: Final = AROUND + ABOVE
"""Those shifted, so that bit 15 is the pixel's column."""
ROW: Final = WINDOWS + ABOVE
"""The last pixels of the row so far."""
COLUMN: Final = ROW + 1
"""Of the pixel."""
BLOCK_PLACE: Final = COLUMN + 1
"""Of the block in the rows."""
COLUMNS: Final = BLOCK_PLACE + 1
"""The pixels above of every column; column x is at COLUMNS + 1 + x."""

"""Where what adapts and what is worked on stands in its arrays: kernels pass few arrays, and places in them have names.

| array | type | what |
|---|---|---|
| counters | int32 (CONTEXTS, 2^bits) | of contexts: from the high bits, 19 of probability, 8 of count, 4 of history |
| weights | int32 (SETS + 1, ROOM or PLAIN_ROOM) | of the mixture, in 1/65536; its last row are the inputs |
| learned | int32 (LEARNED or MATCHED,) | histories, corrections, quiet blocks; with matching, similar places |
| work | int64 (COLUMNS + width + 2,) | what is known of the pixel at hand, and the columns above |
| rows | int64 (blocks,) | pixels in blocks of 32, bit 31 first; MARGIN rows of zeros above, a block at either side |
"""

from typing import Final

CONTEXTS: Final = 18

SMALL: Final = 64
AGREEMENTS: Final = 13
"""Steps in which pixels around a similar place agree."""
SIMILARITIES: Final = 4 * AGREEMENTS + 2
"""What the best similar place says: 0 without one, else 1 + (2 agreement + known) 2 + its pixel."""
MET: Final = 5 * SIMILARITIES
MIDDLE: Final = 1024
SETS: Final = SMALL + MET + MIDDLE
"""Of weights: chosen by 6 pixels, by how many contexts were met before and the similar place, by 10 pixels."""
INPUTS: Final = SETS
"""Row of the inputs among the weights."""
ROOM, PLAIN_ROOM = 64, 56
"""For inputs, with matching and without: what is left over stays 0, so that kernels take eight at once."""
BY_MET: Final = SMALL
BY_MIDDLE: Final = SMALL + MET
BINS: Final = 25
"""Of a correction, 256 distances apart."""
HISTORIES: Final = 16
"""A 1 and up to three bits."""
BLOCK: Final = 32
"""Pixels of a block."""
QUIET_PLACES: Final = 64

MEANINGS: Final = 0
CORRECTIONS: Final = MEANINGS + CONTEXTS * HISTORIES
NEAR: Final = 32
"""Pixels nearby that go with what a similar place says."""
QUIET: Final = CORRECTIONS + (MIDDLE + SIMILARITIES * NEAR) * (BINS + 1)
LEARNED: Final = QUIET + QUIET_PLACES + 2 * BLOCK

CANDIDATES: Final = 2
"""Similar places that are used: the two whose surroundings agree most."""
SIGNATURES: Final = 2
BUCKETS: Final = 1 << 18
"""Of a signature."""
BUCKET: Final = 4
"""Places of a bucket, the latest first."""
PAIRS: Final = LEARNED
PAIR_SIZE: Final = AGREEMENTS * 2 * 128 * 8
PATTERNS: Final = PAIRS + CANDIDATES * PAIR_SIZE
PATTERN_SIZE: Final = 2048 * 32 * 4 * 2
VOTES: Final = PATTERNS + CANDIDATES * PATTERN_SIZE
SEEN: Final = VOTES + SIMILARITIES * 9 * NEAR
MATCHED: Final = SEEN + SIGNATURES * BUCKETS * BUCKET

ABOVE: Final = 6
"""Rows above that contexts see."""
MARGIN: Final = 9
"""Rows above that similar places are compared in."""

PLACES: Final = 0
CHOICES: Final = PLACES + CONTEXTS
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
ACROSS: Final = BLOCK_PLACE + 1
"""Blocks of a row, those at the sides included."""
SIMILARITY: Final = ACROSS + 1
FOUND: Final = SIMILARITY + 1
"""Places of the candidates, in pixels of the rows; -1 where there is none."""
AGREED: Final = FOUND + CANDIDATES
"""Their agreement."""
FOLLOWED: Final = AGREED + CANDIDATES
"""Where the candidates of the pixel before went on."""
TABLES: Final = FOLLOWED + CANDIDATES
"""Places in PAIRS and PATTERNS of each candidate, then in VOTES."""
SURROUNDINGS: Final = TABLES + 2 * CANDIDATES + 1
"""The seven pixels before the pixel; then three rows of 15 pixels each, the nearest first in the high bits, of nine."""
SEEN_PLACES: Final = SURROUNDINGS + 1 + MARGIN // 3
"""Buckets of its signatures; -1 where it is kept in none."""
NEXT_PLACES: Final = SEEN_PLACES + SIGNATURES
"""Of the next pixel, if this one is what it is guessed to be."""
COLUMNS: Final = NEXT_PLACES + CONTEXTS
"""The pixels above of every column; column x is at COLUMNS + 1 + x."""

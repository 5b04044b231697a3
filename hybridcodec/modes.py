"""The words that every user meets, such as mode and layer; apart from `image`: a command line then needs no numpy."""

from enum import StrEnum


class Mode(StrEnum):
    """What a file promises about the samples that come out of it."""

    LOSSLESS = "lossless"
    NEAR_LOSSLESS = "near-lossless"
    PERCEPTUAL = "perceptual"


class Layer(StrEnum):
    """Which of the pictures in a file is meant.

    `PERCEPTUAL` is what is shown for the eye: the display picture, which was generated, or, where a file has none, the
    base picture; `BASE` is always that, which the exact layer stands on.
    """

    EXACT = "exact"
    PERCEPTUAL = "perceptual"
    BASE = "base"


class Preview(StrEnum):
    """How large the preview inside a file is.

    `AUTO`: a photograph in colour has it in full, since its exact layer gains by it; of others it takes a small share
    of the file, at the largest scale for which that is enough, or is left out. `SMALL` has an eighth of each side.
    """

    AUTO = "auto"
    NONE = "none"
    SMALL = "small"
    FULL = "full"


class Effort(StrEnum):
    """How much time a smaller or better file may take.

    Photographs with an exact layer: `FAST` takes four fifths of the time of `NORMAL`, `BEST` four times as long, both
    to encode and to decode. A preview alone: `NORMAL` encodes once, `BEST` refines its latents, which takes some two
    minutes a megapixel, and decoding as long as ever; `FAST` it does not have.
    """

    FAST = "fast"
    NORMAL = "normal"
    BEST = "best"


class Backend(StrEnum):
    """Who reads the streams of a file.

    `COMPILED`: our own decoder. `REFERENCE`: after it the library that wrote them; both must agree on every symbol.
    """

    COMPILED = "compiled"
    REFERENCE = "reference"


class Keep(StrEnum):
    """What a .hyc file gives back of its source.

    `FILE` is the same file, byte for byte; `CONTENT` its pictures and metadata; `AUTO` the file where that costs next
    to nothing but what would be lost without it, else the content.
    """

    FILE = "file"
    CONTENT = "content"
    AUTO = "auto"

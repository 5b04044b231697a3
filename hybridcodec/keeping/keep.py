"""What of a source file is kept: a word that the command line, the pipeline and the library share."""

from enum import StrEnum


class Keep(StrEnum):
    """What a .hyc file gives back.

    `FILE` is the same file, byte for byte; `CONTENT` its pictures and metadata; `AUTO` the file where that costs next
    to nothing, else the content.
    """

    FILE = "file"
    CONTENT = "content"
    AUTO = "auto"

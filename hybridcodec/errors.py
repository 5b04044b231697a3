"""Every exception that leaves the library, as one tree, with the exit code that the command line gives each.

    HybridcodecError            1  anything that went wrong
    |-- InputError              1  not a picture, unreadable, unwritable, values out of range
    |   `-- FidelityError       1  a mode or a bound that the samples of a picture do not have
    |-- MismatchError           3  decoded samples are not the samples they should be
    |-- CorruptFileError        4  bytes of a .hyc file contradict its checksums or the format
    |   `-- TruncatedFileError  4  the file ends before its end chunk
    `-- UnsupportedError        5  valid, but not for this version
        |-- LimitError          5  over a limit that protects the reader
        `-- ModelError          5  a model is unknown, altered or fails its accumulator proof

Foreign exceptions (constriction, zstandard, Pillow, OSError) are translated at the one border where they arise.
"""


class HybridcodecError(Exception):
    """Base of all errors of this library; `exit_code` is what the command line ends with."""

    exit_code = 1


class InputError(HybridcodecError):
    """What the caller gave cannot be used: not a picture, unreadable, unwritable, out of range."""


class FidelityError(InputError):
    """The picture is sound, but its samples do not have the mode or the bound that was asked for."""


class MismatchError(HybridcodecError):
    """Decoded samples differ from what they must be."""

    exit_code = 3


class CorruptFileError(HybridcodecError):
    """The bytes of a file contradict its checksums or the format."""

    exit_code = 4


class TruncatedFileError(CorruptFileError):
    """A file ends before its end chunk: it was cut off or is still being written."""


class UnsupportedError(HybridcodecError):
    """Valid input that this version cannot handle."""

    exit_code = 5


class LimitError(UnsupportedError):
    """Something exceeds a limit that protects the reader."""


class ModelError(UnsupportedError):
    """A model is unknown, altered, or breaks its accumulator bound."""

"""Every exception that leaves this package, as one tree.

ContainerError                    the caller asked for something that no file can hold
|-- CorruptError                  bytes contradict their checksums or the format
|   `-- TruncatedError            the data ends before the end chunk
|-- UnsupportedContainerError     valid as far as can be seen, but of a later version
`-- LimitExceededError            over a limit that protects the reader
"""


class ContainerError(Exception):
    """Base of all errors of this package."""


class CorruptError(ContainerError):
    """The bytes contradict their checksums or the format."""


class TruncatedError(CorruptError):
    """The data ends before the end chunk: cut off, or still being written."""


class UnsupportedContainerError(ContainerError):
    """The file uses something that this version does not know and must not ignore."""


class LimitExceededError(ContainerError):
    """A size exceeds a limit that protects the reader."""

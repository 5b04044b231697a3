"""How a job of a worker process ends that found something wrong: with flags, made of whatever exception came up."""

import os

from hybridcodec.errors import ModelError
from hybridcodec.limits import means_memory
from hybridcodec.proof.flags import Flag, FlagKind


class Rejected(Exception):  # noqa: N818 - it is a finding, not an error
    """Ends a job with flags; never leaves this package."""

    def __init__(self, flags: tuple[Flag, ...], error: str = "") -> None:
        super().__init__(error)
        self.flags, self.error = flags, error


def rejected(error: Exception, kind: FlagKind, what: str) -> Rejected:
    """Return the finding that an exception amounts to; some say more than the place where they came up."""
    if means_memory(error):
        kind = FlagKind.OUT_OF_MEMORY
    elif isinstance(error, ModelError):
        kind = FlagKind.MODEL_ALTERED
    reason = (error.strerror or str(error)) if isinstance(error, OSError) else str(error)
    return Rejected((Flag(kind, f"{what}: {reason}"),), f"{type(error).__name__}: {error}")


def unexpected(error: BaseException) -> Rejected:
    """Return the finding for an exception that no job expects: it ended the job like a crash."""
    kind = FlagKind.OUT_OF_MEMORY if means_memory(error) else FlagKind.CRASH
    reason = str(error) or type(error).__name__
    return Rejected((Flag(kind, f"process {os.getpid()}: {reason}"),), f"{type(error).__name__}: {error}")

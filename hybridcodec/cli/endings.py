"""How a signal ends a command: as an exception does, so that temporary files go.

The exit code is 128 and the number of the signal, as in shells.
"""

import signal
import sys
from typing import Final, NoReturn

ENDING: Final = tuple(getattr(signal, name) for name in ("SIGINT", "SIGTERM", "SIGHUP") if hasattr(signal, name))
"""Signals that ask a command to end; Windows has no SIGHUP."""


def end_on_signals() -> None:
    """Let the first signal end this process; those that come while it cleans up change nothing.

    What is ignored stays ignored: `nohup` asks for that.
    """
    for number in ENDING:
        if not is_ignored(number):
            signal.signal(number, _end)


def is_ignored(number: int) -> bool:
    """Tell whether this process was started with the signal ignored."""
    return signal.getsignal(number) is signal.SIG_IGN


def _end(number: int, frame: object) -> NoReturn:  # noqa: ARG001
    for other in ENDING:
        signal.signal(other, signal.SIG_IGN)
    sys.exit(128 + number)

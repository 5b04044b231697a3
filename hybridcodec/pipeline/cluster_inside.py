"""A Dask cluster inside of this process: the same engine without other machines, and without a door for anybody.

Whoever reaches a port of Dask's scheduler or worker can run code as its user, and on a machine that many use, that is
everybody. Here both talk through memory and no port is opened. Files are worked on by processes of a crew as always.
"""

import logging
from typing import Any

from distributed import Scheduler, SpecCluster, Worker

_PROTOCOL = "inproc://"


class _NoPort:
    """A node that starts no HTTP server, which Dask opens on all interfaces otherwise."""

    def start_http_server(self, *arguments: object, **named: object) -> None:
        """Do nothing."""


class _Scheduler(_NoPort, Scheduler):  # type: ignore[misc]  # Dask has no types
    pass


class _Worker(_NoPort, Worker):  # type: ignore[misc]
    pass


def start_inside(threads: int) -> Any:
    """Return a running cluster of one worker with this many threads; `close` ends it."""
    scheduler = {"protocol": _PROTOCOL, "dashboard": False}
    worker = {"protocol": _PROTOCOL, "dashboard": False, "nthreads": threads, "memory_limit": None}
    return SpecCluster(
        scheduler={"cls": _Scheduler, "options": scheduler},
        workers={0: {"cls": _Worker, "options": worker}},
        silence_logs=logging.WARNING,
    )

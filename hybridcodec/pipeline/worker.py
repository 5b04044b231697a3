"""A worker process: reads one job a line from standard input, answers one line each, until the input ends.

Started by `crew` with `python -P -m hybridcodec.pipeline.worker SECONDS MEMORY`, in a folder that is not that of the
command: paths in jobs are absolute. Threads are limited before anything heavy is imported. Whatever a library prints
goes to standard error, which the crew keeps for the message of a crash.
"""

import os
import signal
import sys
import traceback
from collections.abc import Callable
from typing import IO, TYPE_CHECKING, Any

if TYPE_CHECKING:
    from hybridcodec.pipeline.messages import Reply
    from hybridcodec.proof.rejected import Rejected

GRACE = 30
"""Seconds after its time limit at which a worker ends itself: nobody did, so the crew is gone."""
IDLE = 600
"""Seconds without a job after which a worker ends itself and gives its memory back; the crew can start another."""
_THREADS = ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS", "NUMBA_NUM_THREADS", "HYBRIDCODEC_THREADS")
ONE_THREAD = {**dict.fromkeys(_THREADS, "1"), "MALLOC_ARENA_MAX": "2"}
"""Environment of a worker: one thread in BLAS, torch and numba, one more arena of memory at most."""


Work = Callable[[Any], Any]
"""Does what a request asks for and returns its result; raises Rejected."""


def prepared() -> Work:
    """Load code and models and compile, so that limits measure files and not imports; failures show with the files."""
    import numpy as np

    from hybridcodec.errors import HybridcodecError
    from hybridcodec.image import Picture
    from hybridcodec.pipeline import jobs
    from hybridcodec.proof.port import CODEC

    jobs.versions()
    try:
        list(CODEC.decode_each(CODEC.encode([Picture.of(np.zeros((9, 9, 3), np.uint8))])))
    except HybridcodecError:
        traceback.print_exc()
    return jobs.do


def main(arguments: list[str], prepare: Callable[[], Work] = prepared) -> None:
    """Serve until standard input ends; `prepare` gets ready and returns what does the jobs."""
    seconds, memory = float(arguments[0]), int(arguments[1])
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # the crew decides when the work ends
    answers = os.fdopen(os.dup(sys.stdout.fileno()), "w")
    os.dup2(sys.stderr.fileno(), sys.stdout.fileno())
    os.environ.update(ONE_THREAD)
    work = prepare()
    _limit_memory(memory)
    from hybridcodec.pipeline.messages import Reply, reply_line

    _answer(answers, reply_line(Reply()))
    signal.setitimer(signal.ITIMER_REAL, IDLE)
    for line in sys.stdin:
        signal.setitimer(signal.ITIMER_REAL, seconds + GRACE)
        reply = serve(line, work)
        signal.setitimer(signal.ITIMER_REAL, IDLE)
        _answer(answers, reply_line(reply))
        if reply.retire:
            return


def serve(line: str, work: Work) -> "Reply[Any]":
    """Do one job; return its result, or the flags that ended it, with `retire` where the process is no longer sound."""
    from hybridcodec.pipeline.messages import Reply, read_request
    from hybridcodec.proof.rejected import Rejected, unexpected

    try:
        return Reply(work(read_request(line)))
    except Rejected as rejected:
        return _as_reply(rejected, retire=False)
    except Exception as error:  # noqa: BLE001 - a fault of ours costs one file too
        traceback.print_exc()
        return _as_reply(unexpected(error), retire=True)


def _as_reply(rejected: "Rejected", *, retire: bool) -> "Reply[Any]":
    from hybridcodec.pipeline.messages import Reply
    from hybridcodec.proof.flags import FlagKind

    retire = retire or any(flag.kind is FlagKind.OUT_OF_MEMORY for flag in rejected.flags)
    return Reply(flags=rejected.flags, error=rejected.error, retire=retire)


def _limit_memory(memory: int) -> None:
    """Let the process have `memory` bytes more than it holds now, where the system can tell and limit that."""
    if not memory or not os.path.exists("/proc/self/statm"):
        return
    import resource

    with open("/proc/self/statm") as file:
        held = int(file.read().split()[0]) * os.sysconf("SC_PAGE_SIZE")
    resource.setrlimit(resource.RLIMIT_AS, (held + memory, resource.RLIM_INFINITY))


def _answer(stream: IO[str], line: str) -> None:
    stream.write(line + "\n")
    stream.flush()


if __name__ == "__main__":
    main(sys.argv[1:])

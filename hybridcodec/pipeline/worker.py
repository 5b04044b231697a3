"""A worker process: reads one job a line from standard input, answers one line each, until the input ends.

Started by `crew` with `python -P -m hybridcodec.pipeline.worker SECONDS MEMORY`, in a folder that is not that of the
command: paths in jobs are absolute. Threads are limited before anything heavy is imported. Whatever a library prints
goes to standard error, which the crew keeps for the message of a crash.
"""

import json
import os
import signal
import sys
import traceback
from typing import IO, Any

GRACE = 30
"""Seconds after its time limit at which a worker ends itself: nobody did, so the crew is gone."""
IDLE = 600
"""Seconds without a job after which a worker ends itself and gives its memory back; the crew can start another."""
_THREADS = ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS", "NUMBA_NUM_THREADS", "HYBRIDCODEC_THREADS")
ONE_THREAD = {**dict.fromkeys(_THREADS, "1"), "MALLOC_ARENA_MAX": "2"}
"""Environment of a worker: one thread in BLAS, torch and numba, one more arena of memory at most."""


def main(arguments: list[str]) -> None:
    """Serve until standard input ends."""
    seconds, memory = float(arguments[0]), int(arguments[1])
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # the crew decides when the work ends
    answers = os.fdopen(os.dup(sys.stdout.fileno()), "w")
    os.dup2(sys.stderr.fileno(), sys.stdout.fileno())
    os.environ.update(ONE_THREAD)
    _get_ready()
    _limit_memory(memory)
    _answer(answers, {"ready": os.getpid()})
    signal.setitimer(signal.ITIMER_REAL, IDLE)
    for line in sys.stdin:
        signal.setitimer(signal.ITIMER_REAL, seconds + GRACE)
        answer = serve(json.loads(line))
        signal.setitimer(signal.ITIMER_REAL, IDLE)
        _answer(answers, answer)
        if answer.get("retire"):
            return


def serve(message: dict[str, Any]) -> dict[str, Any]:
    """Do one job; return its facts, or the flags that ended it, with `retire` where the process is no longer sound."""
    from hybridcodec.pipeline.jobs import JOBS
    from hybridcodec.pipeline.rejected import Rejected, unexpected

    try:
        return {"facts": JOBS[message["job"]](message["request"])}
    except Rejected as rejected:
        return _as_answer(rejected, retire=False)
    except Exception as error:  # noqa: BLE001 - a fault of ours costs one file too
        traceback.print_exc()
        return _as_answer(unexpected(error), retire=True)


def _as_answer(rejected: Any, *, retire: bool) -> dict[str, Any]:
    from hybridcodec.pipeline.flags import FlagKind

    retire = retire or any(flag.kind is FlagKind.OUT_OF_MEMORY for flag in rejected.flags)
    return {"flags": [flag.to_dict() for flag in rejected.flags], "error": rejected.error, "retire": retire}


def _get_ready() -> None:
    """Load code and models and compile, so that limits measure files and not imports; failures show with the files."""
    import numpy as np
    import torch

    from hybridcodec import codec
    from hybridcodec.errors import HybridcodecError
    from hybridcodec.pipeline import jobs

    jobs.versions()
    torch.set_num_threads(1)
    try:
        codec.decode(codec.encode(np.zeros((9, 9, 3), np.uint8)))
    except HybridcodecError:
        traceback.print_exc()


def _limit_memory(memory: int) -> None:
    """Let the process have `memory` bytes more than it holds now, where the system can tell and limit that."""
    if not memory or not os.path.exists("/proc/self/statm"):
        return
    import resource

    with open("/proc/self/statm") as file:
        held = int(file.read().split()[0]) * os.sysconf("SC_PAGE_SIZE")
    resource.setrlimit(resource.RLIMIT_AS, (held + memory, resource.RLIM_INFINITY))


def _answer(stream: IO[str], answer: dict[str, Any]) -> None:
    stream.write(json.dumps(answer) + "\n")
    stream.flush()


if __name__ == "__main__":
    main(sys.argv[1:])

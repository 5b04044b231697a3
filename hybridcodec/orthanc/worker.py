"""The process in which files are encoded and restored for Orthanc: one request a line, until no more come.

Its other side is `assistant`. Answers go to what was standard output; what a library prints goes to standard error.
"""

import json
import os
import sys
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import IO, Final

from hybridcodec.errors import HybridcodecError
from hybridcodec.orthanc.assistant import ANSWER, DONE, FAILED


def pack(source: str, target: str) -> bytes:
    """Write the .hyc file that gives back `source`, durably."""
    from hybridcodec.filing import Terms, file_source
    from hybridcodec.keeping import Keep
    from hybridcodec.storage.durable import write_durably
    from hybridcodec.storage.files import read_bytes

    filed = file_source(read_bytes(Path(source)), Terms(keep=Keep.FILE))
    write_durably(Path(target), filed.data)
    return b""


def restore(source: str) -> bytes:
    """Return the file that a .hyc file gives back."""
    from hybridcodec.keeping import rebuild_source
    from hybridcodec.storage.files import read_bytes

    return b"".join(rebuild_source(read_bytes(Path(source)), max_pixels=None))


REQUESTS: Final[Mapping[str, Callable[..., bytes]]] = {"pack": pack, "restore": restore}


def answer(requests: IO[bytes], answers: IO[bytes], known: Mapping[str, Callable[..., bytes]] = REQUESTS) -> None:
    """Answer requests one by one until their end."""
    for line in requests:
        name, *paths = json.loads(line)
        try:
            status, data = DONE, known[name](*paths)
        except HybridcodecError as error:
            status, data = FAILED, str(error).encode()
        answers.write(ANSWER.pack(status, len(data)))
        answers.write(data)
        answers.flush()


def main() -> None:
    """Take requests on standard input."""
    answers = os.fdopen(os.dup(sys.stdout.fileno()), "wb")
    os.dup2(sys.stderr.fileno(), sys.stdout.fileno())
    os.nice(5)  # the archive comes first
    with answers:
        answer(sys.stdin.buffer, answers)


if __name__ == "__main__":
    main()

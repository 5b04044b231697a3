"""A process that encodes or restores for Orthanc: what goes wrong there, a crash or a hang, goes wrong there alone.

A request is a line of JSON, an answer a byte, a length and the bytes of a file or of a message; see `worker`.
"""

import json
import os
import struct
import subprocess
import threading
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import IO, Final, Self

from hybridcodec.errors import CorruptFileError, HybridcodecError

ANSWER: Final = struct.Struct("<BQ")
DONE, FAILED = 0, 1
_MODULE: Final = "hybridcodec.orthanc.worker"
_LONGEST: Final = 1800.0  # seconds that a request may take


@dataclass
class Assistant:
    """A worker, started when it is needed, and again after it died; one request at a time.

    Attributes:
        command: what starts it.
        longest: seconds after which a request has failed.
    """

    command: tuple[str, ...]
    longest: float = _LONGEST
    _process: "subprocess.Popen[bytes] | None" = field(default=None, init=False)
    _turn: threading.Lock = field(default_factory=threading.Lock, init=False)

    @classmethod
    def of(cls, python: str) -> Self:
        """Return one whose worker runs in this Python, in which hybridcodec is installed."""
        return cls((python, "-P", "-m", _MODULE))

    def pack(self, source: Path, target: Path) -> None:
        """Write the .hyc file of a file, durably.

        Raises:
            HybridcodecError: it cannot be made, or the worker died over it.
        """
        self._asked("pack", source, target)

    def restore(self, source: Path) -> bytes:
        """Return the file that a .hyc file gives back.

        Raises:
            HybridcodecError: it is damaged, or the worker died over it.
        """
        return self._asked("restore", source)

    def close(self) -> None:
        """End the worker when it has done what it is at."""
        with self._turn:
            if self._process is not None and self._process.stdin is not None:
                with suppress(OSError):
                    self._process.stdin.close()
                self._process.wait()
            self._end()

    def _asked(self, *request: str | Path) -> bytes:
        line = json.dumps([str(part) for part in request]).encode() + b"\n"
        with self._turn:
            process = self._started()
            watch = threading.Timer(self.longest, process.kill)
            watch.daemon = True
            watch.start()
            try:
                status, data = _exchanged(process, line)
            except (OSError, EOFError) as error:
                self._end()
                raise HybridcodecError(f"the worker ended over {request[1]}: {error}") from error
            finally:
                watch.cancel()
        if status != DONE:
            raise CorruptFileError(data.decode(errors="replace"))
        return data

    def _started(self) -> "subprocess.Popen[bytes]":
        if self._process is None or self._process.poll() is not None:
            self._end()
            unset = ("PYTHONPATH", "PYTHONHOME", "PYTHONSTARTUP")  # which are Orthanc's, if any
            environment = {name: value for name, value in os.environ.items() if name not in unset}
            try:
                self._process = subprocess.Popen(  # noqa: S603 - what the configuration names
                    self.command,
                    stdin=subprocess.PIPE,
                    stdout=subprocess.PIPE,
                    env=environment | {"PYTHONSAFEPATH": "1"},
                    cwd=Path(__file__).parent,
                )
            except OSError as error:
                raise HybridcodecError(f"{self.command[0]} cannot be started: {error.strerror}") from error
        return self._process

    def _end(self) -> None:
        process, self._process = self._process, None
        if process is None:
            return
        process.kill()
        process.wait()
        for stream in (process.stdin, process.stdout):
            if stream is not None:
                with suppress(OSError):
                    stream.close()


def _exchanged(process: "subprocess.Popen[bytes]", line: bytes) -> tuple[int, bytes]:
    assert process.stdin is not None
    assert process.stdout is not None
    process.stdin.write(line)
    process.stdin.flush()
    status, length = ANSWER.unpack(_exactly(process.stdout, ANSWER.size))
    return status, _exactly(process.stdout, length)


def _exactly(stream: IO[bytes], size: int) -> bytes:
    data = stream.read(size)
    if len(data) < size:
        raise EOFError("it gave no answer")
    return data

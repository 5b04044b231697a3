"""Where the bytes of a file lie: in memory, or behind a seekable stream of which only what is asked for is read."""

import io
from threading import Lock
from typing import BinaryIO

from hybridcodec_container.errors import TruncatedError


class Medium:
    """Random access to bytes, from any thread.

    Attributes:
        size: bytes in all.
    """

    def __init__(self, data: bytes | BinaryIO) -> None:
        """Take bytes, or a seekable binary stream, which the caller keeps open and leaves alone."""
        self._stream = data if not isinstance(data, bytes | bytearray | memoryview) else io.BytesIO(data)
        self._lock = Lock()
        self.size = self._stream.seek(0, io.SEEK_END)

    def read(self, offset: int, length: int) -> bytes:
        """Return `length` bytes from `offset` on, fewer where the file ends before."""
        with self._lock:
            self._stream.seek(offset)
            parts = []
            while length > 0 and (part := self._stream.read(length)):  # a raw stream may give less than asked for
                parts.append(part)
                length -= len(part)
        return parts[0] if len(parts) == 1 else b"".join(parts)

    def exactly(self, offset: int, length: int) -> bytes:
        """Return `length` bytes from `offset` on.

        Raises:
            TruncatedError: if the file ends before.
        """
        if offset + length > self.size:
            raise TruncatedError(
                f"the file ends at byte {self.size}, but bytes {offset} to {offset + length} are needed"
            )
        return self.read(offset, length)

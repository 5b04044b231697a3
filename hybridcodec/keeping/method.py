"""What a way of making bytes of a source file is: of samples (`Method`) or of fewer bytes (`Packer`).

Each is a module of its own, with one line of registration in `methods`. Whatever one of them proposes is tried at once
and compared byte for byte, so that a wrong guess costs time and never a file.
"""

from collections.abc import Iterator
from typing import NamedTuple, Protocol

from hybridcodec.keeping.laid import Laid
from hybridcodec.sources.format import Stream


class Proposal(NamedTuple):
    """Bytes of a file that a method may be able to make: offsets and lengths, and its parameters for all of them."""

    spans: tuple[tuple[int, int], ...]
    parameters: bytes


class Method(Protocol):
    """Makes bytes of samples, as a writer of picture files once did."""

    @property
    def name(self) -> str:
        """In recipes: never used for anything else, once it was released."""

    def propose(self, data: bytes, stream: Stream, laid: Laid) -> Iterator[Proposal]:
        """Yield what may make a stream of the file `data`, best first; nothing where the method knows no way."""

    def make(self, laid: Laid, parameters: bytes) -> Iterator[bytes]:
        """Yield the bytes, for ever the same for the same arguments.

        Raises:
            CorruptFileError: the parameters are not what `propose` gives.
        """


class Packer(Protocol):
    """Makes bytes of fewer bytes."""

    @property
    def name(self) -> str:
        """In recipes: never used for anything else, once it was released."""

    def pack(self, data: bytes) -> bytes | None:
        """Return what `unpack` may make `data` of; None where it cannot, or where what it needs is not installed."""

    def unpack(self, packed: bytes, length: int) -> bytes:
        """Return the `length` bytes that were packed, for ever the same.

        Raises:
            CorruptFileError: `packed` is not what `pack` gives.
            UnsupportedError: what it needs is not installed.
        """

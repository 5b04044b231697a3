"""Parameters of a piece that a method makes of samples: how these lie, gaps, then what the method itself wrote."""

from collections.abc import Iterator, Mapping, Sequence
from functools import partial
from typing import Any, Final

from hybridcodec_container import ContainerError, Header, NamedMethod, PackedMethod, Serial
from hybridcodec_container.layout import SERIAL
from numpy.typing import NDArray

from hybridcodec.errors import CorruptFileError
from hybridcodec.keeping.laid import Laid
from hybridcodec.keeping.method import Method, Packer
from hybridcodec.keeping.methods import METHODS, PACKERS
from hybridcodec.keeping.spans import Gap, pack_gaps, spread, unpack_gaps


def pack_named(serial: Serial, gaps: Sequence[Gap], parameters: bytes) -> bytes:
    """Return the parameters of a piece."""
    return serial.pack() + pack_gaps(gaps) + parameters


def _made(method: Method, samples: NDArray[Any], header: Header, written: bytes) -> Iterator[bytes]:
    if len(written) < SERIAL.size:
        raise CorruptFileError(f"the method '{method.name}' needs {SERIAL.size} bytes of layout, found {len(written)}")
    serial = Serial.unpack(written[: SERIAL.size])
    try:
        serial.size(header)
    except ContainerError as error:
        raise CorruptFileError(f"the method '{method.name}' has another layout than the picture: {error}") from error
    laid = Laid(samples.reshape(header.height, header.width, header.channels), header, serial)
    gaps, parameters = unpack_gaps(written[SERIAL.size :])
    yield from spread(method.make(laid, parameters), gaps)


def _unpacked(packer: Packer, packed: bytes, length: int, _: bytes) -> Iterator[bytes]:
    yield packer.unpack(packed, length)


NAMED: Final[Mapping[str, NamedMethod]] = {name: partial(_made, method) for name, method in METHODS.items()}
"""What the container needs to follow a recipe: methods that make bytes of samples."""
PACKED: Final[Mapping[str, PackedMethod]] = {name: partial(_unpacked, packer) for name, packer in PACKERS.items()}
"""The same for those that make bytes of fewer bytes."""

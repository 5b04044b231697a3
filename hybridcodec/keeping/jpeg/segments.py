"""The segments in front of a scan of JPEG lossless (ITU-T T.81) or JPEG-LS (T.87), which are marked alike."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Final, NamedTuple, Self

from hybridcodec.errors import CorruptFileError

SOF3, SOF55, DHT, DRI, LSE, SOS, EOI = 0xC3, 0xF7, 0xC4, 0xDD, 0xF8, 0xDA, 0xD9
_START: Final = b"\xff\xd8"


class Segment(NamedTuple):
    """A marker, what follows its length, and where the segment ends."""

    marker: int
    body: bytes
    end: int


@dataclass(frozen=True)
class Frame:
    """What SOF and SOS say: bits of a sample, rows, columns, numbers of the components, and the body of SOS."""

    precision: int
    rows: int
    columns: int
    components: tuple[int, ...]
    scan: bytes

    @classmethod
    def of(cls, found: dict[int, bytes], marker: int) -> Self:
        """Return what the segments of a stream say whose frame header has this marker.

        Raises:
            CorruptFileError: they do not say it, or of components that are subsampled or not all in one scan.
        """
        frame, scan = found.get(marker, b""), found.get(SOS, b"")
        count = frame[5] if len(frame) > 5 else 0
        components = tuple(frame[6 + 3 * number] for number in range(count) if len(frame) == 6 + 3 * count)
        plain = all(frame[7 + 3 * number] == 0x11 for number in range(len(components)))
        scanned = len(scan) == 4 + 2 * count and tuple(scan[1 : 1 + 2 * count : 2]) == components
        if not (1 <= count <= 4 and plain and scanned):
            raise CorruptFileError("expected a JPEG of one scan, with components of one size")
        rows, columns = int.from_bytes(frame[1:3], "big"), int.from_bytes(frame[3:5], "big")
        return cls(frame[0], rows, columns, components, scan)

    def require(self, shape: tuple[int, ...], precisions: range) -> None:
        """Refuse a frame of another size than samples (H, W, C) have, or of a precision that its coder does not have.

        Raises:
            CorruptFileError: it is one.
        """
        found = (self.rows, self.columns, len(self.components))
        if found != shape or self.precision not in precisions:
            raise CorruptFileError(f"expected a JPEG of shape {shape}, found {found} of {self.precision} bits")


def segments(stream: bytes) -> Iterator[Segment]:
    """Yield the segments in front of the first scan, SOS at last.

    Raises:
        CorruptFileError: these are no segments.
    """
    place = len(_START) if stream.startswith(_START) else len(stream)
    while place + 4 <= len(stream) and stream[place] == 0xFF:
        marker = stream[place + 1]
        if marker == 0xFF:
            place += 1
            continue
        length = int.from_bytes(stream[place + 2 : place + 4], "big")
        end = place + 2 + length
        if length < 2 or end > len(stream):
            break
        yield Segment(marker, stream[place + 4 : end], end)
        if marker == SOS:
            return
        place = end
    raise CorruptFileError("expected the segments of a JPEG up to its scan")


def scan_of(stream: bytes) -> tuple[bytes, bytes]:
    """Return the segments and what follows the scan: an end marker, and padding.

    Raises:
        CorruptFileError: there is no scan, or no end.
    """
    *_, last = segments(stream)
    end = stream.rfind(bytes([0xFF, EOI]), last.end)
    if end < 0:
        raise CorruptFileError("expected a JPEG with an end marker")
    return stream[: last.end], stream[end:]

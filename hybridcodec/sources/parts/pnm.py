"""The headers of Netpbm files (pbm(5), pgm(5), ppm(5), pam(5)), and what stands in them besides."""

import re
from dataclasses import dataclass
from typing import Final

from hybridcodec.errors import InputError, UnsupportedError
from hybridcodec.kinds import GRAY, RGB, Role, SampleKind
from hybridcodec.sources.parts.words import LeftOut
from hybridcodec.sources.samples.sizes import require_size

_GAP: Final = rb"(?:\s|#[^\n\r]*[\n\r])+"
_BITS: Final = re.compile(rb"P[14]GAP(\d{1,9})GAP(\d{1,9})()\s".replace(b"GAP", _GAP))
_VALUES: Final = re.compile(rb"P[2356]GAP(\d{1,9})GAP(\d{1,9})GAP(\d{1,9})\s".replace(b"GAP", _GAP))
_MAP: Final = re.compile(rb"P7\n((?:[^\n]*\n){1,200}?)ENDHDR\n")
"""A header ends with the one white space before the samples."""
_COMMENT: Final = re.compile(rb"#([^\n\r]*)")
_MOST: Final = 65535
_ALPHA: Final = (Role.ALPHA,)
_TUPLES: Final = {
    b"BLACKANDWHITE": GRAY,
    b"GRAYSCALE": GRAY,
    b"RGB": RGB,
    b"BLACKANDWHITE_ALPHA": GRAY + _ALPHA,
    b"GRAYSCALE_ALPHA": GRAY + _ALPHA,
    b"RGB_ALPHA": RGB + _ALPHA,
}


@dataclass(frozen=True)
class Header:
    """A header: what the samples are, and where they begin.

    Attributes:
        width, height: of the picture.
        roles: of the channels.
        maximum: the largest value that a sample may have.
        plain: whether samples are decimal numbers.
        packed: whether they are single bits, of which a 1 is black.
        end: where the samples begin.
    """

    width: int
    height: int
    roles: tuple[Role, ...]
    maximum: int
    plain: bool
    packed: bool
    end: int

    @property
    def kind(self) -> SampleKind:
        """What the samples are: as many bits as the largest value needs."""
        return SampleKind(self.roles, self.maximum.bit_length())


def read_header(data: bytes, start: int = 0) -> Header:
    """Return the header that begins at byte `start`.

    Raises:
        InputError: there is none, or it says what no such file may say.
        UnsupportedError: another number of channels.
        LimitError: too many pixels.
    """
    magic = data[start : start + 2]
    if magic == b"P7":
        header = _map_header(data, start)
    else:
        bits = magic in (b"P1", b"P4")
        found = (_BITS if bits else _VALUES).match(data, start)
        if found is None:
            raise InputError(f"looks like a Netpbm file, but its header {data[start : start + 20]!r} is damaged")
        roles = RGB if magic in (b"P3", b"P6") else GRAY
        maximum = 1 if bits else int(found[3])
        plain = magic in (b"P1", b"P2", b"P3")
        header = Header(int(found[1]), int(found[2]), roles, maximum, plain, magic == b"P4", found.end())
    require_size(header.width, header.height, "Netpbm file")
    if not 1 <= header.maximum <= _MOST:
        raise InputError(f"the largest value of the Netpbm file is {header.maximum}, expected 1 to {_MOST}")
    return header


def is_header(data: bytes, start: int) -> bool:
    """Tell whether another picture begins at byte `start`."""
    return any(header.match(data, start) for header in (_BITS, _VALUES, _MAP))


def _map_header(data: bytes, start: int) -> Header:
    found = _MAP.match(data, start)
    if found is None:
        raise InputError("looks like a PAM, but its header is damaged")
    fields = dict.fromkeys((b"WIDTH", b"HEIGHT", b"DEPTH", b"MAXVAL", b"TUPLTYPE"), b"")
    for line in found[1].splitlines():
        name, _, value = line.strip().partition(b" ")
        if name in fields:
            fields[name] = b" ".join(filter(None, (fields[name], value.strip())))
        elif name and not name.startswith(b"#"):
            raise InputError(f"the header of the PAM has a field {name[:20]!r}")
    numbers = [fields[name] for name in (b"WIDTH", b"HEIGHT", b"DEPTH", b"MAXVAL")]
    if not all(re.fullmatch(rb"\d{1,9}", number) for number in numbers):
        raise InputError(f"the header of the PAM has the numbers {b' '.join(numbers)[:40]!r}")
    width, height, depth, maximum = map(int, numbers)
    roles = _TUPLES.get(fields[b"TUPLTYPE"], {1: GRAY, 3: RGB}.get(depth) if not fields[b"TUPLTYPE"] else None)
    if depth not in (1, 2, 3, 4):
        raise UnsupportedError(f"found a PAM of {depth} channels; this version takes 1 to 4")
    if roles is None or len(roles) != depth:
        roles = (Role.OTHER,) * depth
    return Header(width, height, roles, maximum, plain=False, packed=False, end=found.end())


def without_comments(data: bytes, start: int) -> bytes:
    """Return what follows byte `start`, with spaces in the place of comments."""
    return _COMMENT.sub(lambda comment: b" " * len(comment[0]), data[start:])


def left_out(data: bytes, spans: list[tuple[int, Header, int]]) -> tuple[str, ...]:
    """Name the comments, largest values that are no power of two less one, and what stands behind the last sample.

    `spans` has where every picture begins, its header, and where it ends.
    """
    found = LeftOut()
    for start, header, _ in spans:
        for comment in _COMMENT.finditer(data, start, len(data) if header.plain else header.end):
            found.add("comment", len(comment[1]))
        if header.maximum + 1 != 1 << header.kind.bit_depth:
            found.add(f"that the largest value is {header.maximum:,}")
    last, end = spans[-1][1:]
    if last.plain:
        more = len(_COMMENT.sub(b"", data[end:]).split())
        if more:
            found.add(f"{more:,} words behind the last sample")
    else:
        found.add_behind(data[end:], "samples")
    return found.names()

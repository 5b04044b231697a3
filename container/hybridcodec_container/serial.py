"""How samples lie in the bytes of a source file: packing, byte order, planes, row order, padding. Both directions.

One traversal serves both: `deserialise` fills the places that `serialise` reads.
"""

from collections.abc import Iterator
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from hybridcodec_container.checks import require_known, within
from hybridcodec_container.errors import ContainerError, UnsupportedContainerError
from hybridcodec_container.header import Header
from hybridcodec_container.layout import MAX_CHANNELS, NO_CHANNEL, SERIAL, Packing, SampleFormat

_BLOCK_ROWS = 256
_FLAGS = ("big_endian", "planar", "bottom_up", "invert")


@dataclass(frozen=True, kw_only=True)
class Serial:
    """Parameters of a piece of samples.

    Attributes:
        packing: whole bytes, or bits from the high or the low bit of a byte on.
        sample_bytes: 1, 2 or 4, signed samples with their sign extended; 0 where bits are packed.
        big_endian: order of the bytes of a sample.
        planar: whole channels one after another, instead of pixels.
        bottom_up: the last row comes first.
        invert: each sample s is written as 2^bit_depth - 1 - s; for unsigned samples.
        row_step: rows are filled up with zero bits to a multiple of so many bytes; 0: not at all, only the end is, to a
            whole byte.
        order: the channels of the picture in the order in which they are written.
        first_row: of the picture, that the piece covers.
        rows: of the picture, that the piece covers.
    """

    packing: Packing = Packing.BYTES
    sample_bytes: int = 1
    big_endian: bool = False
    planar: bool = False
    bottom_up: bool = False
    invert: bool = False
    row_step: int = 1
    order: tuple[int, ...]
    first_row: int = 0
    rows: int

    def __post_init__(self) -> None:
        sizes = (1, 2, 4) if self.packing is Packing.BYTES else (0,)
        if self.sample_bytes not in sizes:
            raise UnsupportedContainerError(f"samples of {self.sample_bytes} bytes are unknown to this version")
        if sorted(self.order) != list(range(len(self.order))) or not 1 <= len(self.order) <= MAX_CHANNELS:
            raise UnsupportedContainerError(f"the order of channels {self.order} is unknown to this version")
        within("row step", self.row_step, 0, (1 << 16) - 1)

    def pack(self) -> bytes:
        """Return the parameters of the piece."""
        named = {name: int(getattr(self, name)) for name, _ in SERIAL.fields if name != "order"}
        order = bytes(self.order).ljust(MAX_CHANNELS, bytes([NO_CHANNEL]))
        return SERIAL.pack(*(order if name == "order" else named[name] for name, _ in SERIAL.fields))

    @classmethod
    def unpack(cls, parameters: bytes) -> "Serial":
        """Return what `pack` was called on; the caller has checked the length.

        Raises:
            UnsupportedContainerError: if a value is of a later version.
        """
        named = SERIAL.named(parameters)
        require_known("packing", named["packing"], Packing)
        for name in _FLAGS:
            if named[name] > 1:
                raise UnsupportedContainerError(f"{name} {named[name]} is unknown to this version")
            named[name] = bool(named[name])
        named["packing"] = Packing(named["packing"])
        named["order"] = tuple(named["order"].rstrip(bytes([NO_CHANNEL])))
        return cls(**named)

    def size(self, header: Header) -> int:
        """Return how many bytes the piece has.

        Raises:
            ContainerError: if it does not fit the picture.
        """
        self._check(header)
        bits = self._bits(header.bit_depth)
        planes = header.channels if self.planar else 1
        row = header.width * (1 if self.planar else header.channels) * bits
        if self.row_step:
            return planes * self.rows * _stepped(-(-row // 8), self.row_step)
        return -(-planes * self.rows * row // 8)

    def blocks(self) -> Iterator["Serial"]:
        """Yield parts of the piece that one after another have its bytes, so that no wide copy of it all is needed."""
        whole = self.planar or (self.packing is not Packing.BYTES and not self.row_step)
        step = self.rows if whole else _BLOCK_ROWS
        starts = range(self.first_row, self.first_row + self.rows, step)
        for start in reversed(starts) if self.bottom_up else starts:
            yield replace(self, first_row=start, rows=min(step, self.first_row + self.rows - start))

    def _check(self, header: Header) -> None:
        if len(self.order) != header.channels:
            raise ContainerError(f"a piece writes {len(self.order)} channels of a picture with {header.channels}")
        if self.rows < 1 or self.first_row + self.rows > header.height:
            raise ContainerError(f"a piece has rows {self.first_row} + {self.rows} of a picture with {header.height}")
        if self.packing is Packing.BYTES and 8 * self.sample_bytes < header.bit_depth:
            raise ContainerError(f"samples of {header.bit_depth} bits do not fit {self.sample_bytes} bytes")
        if self.invert and header.sample_format is SampleFormat.SIGNED:
            raise ContainerError("signed samples cannot be inverted")

    def _bits(self, bit_depth: int) -> int:
        return 8 * self.sample_bytes if self.packing is Packing.BYTES else bit_depth


def serialise(samples: NDArray[Any], serial: Serial, header: Header) -> bytes:
    """Return the bytes of a source file that hold the rows of a piece.

    Args:
        samples: integers (H, W) or (H, W, C): the whole picture.
        serial: parameters of the piece.
        header: of the picture.

    Raises:
        ContainerError: if samples, parameters and header do not fit each other.
    """
    size = serial.size(header)
    if samples.size != header.height * header.width * header.channels or samples.shape[:2] != (
        header.height,
        header.width,
    ):
        raise ContainerError(f"samples of shape {samples.shape} are not those of the picture")
    rows = samples.reshape(header.height, header.width, header.channels)
    rows = rows[serial.first_row : serial.first_row + serial.rows].astype(np.int64)  # (rows, W, C)
    if serial.invert:
        rows = (1 << header.bit_depth) - 1 - rows
    lines = _as_lines(rows, serial)  # (planes, rows, samples)
    if serial.packing is Packing.BYTES:
        order = ">" if serial.big_endian else "<"
        cells = lines.astype(f"{order}i8").view(np.uint8).reshape(*lines.shape, 8)
        kept = cells[..., 8 - serial.sample_bytes :] if serial.big_endian else cells[..., : serial.sample_bytes]
        packed = kept.reshape(*lines.shape[:2], -1)  # (planes, rows, bytes)
    else:
        packed = _pack_bits(lines, serial, header.bit_depth)
    if serial.row_step:
        packed = np.pad(packed, ((0, 0), (0, 0), (0, -packed.shape[2] % serial.row_step)))
    data = np.ascontiguousarray(packed, np.uint8).tobytes()
    assert len(data) == size
    return data


def deserialise(data: bytes, serial: Serial, header: Header) -> NDArray[np.int32]:
    """Return the samples (rows, W, C) in the bytes of a piece: the inverse of `serialise`, padding ignored.

    Who writes a recipe compares `serialise` of the result with `data`: padding may hold anything in a source file.

    Raises:
        ContainerError: if `data` has another length, or parameters and header do not fit each other.
    """
    size = serial.size(header)
    if len(data) != size:
        raise ContainerError(f"the piece must have {size} bytes, found {len(data)}")
    planes, width = (header.channels, header.width) if serial.planar else (1, header.width * header.channels)
    shape = (planes, serial.rows, width)
    cells = np.frombuffer(data, np.uint8)
    if serial.row_step:
        cells = cells.reshape(planes, serial.rows, -1)
    if serial.packing is Packing.BYTES:
        cells = cells.reshape(*shape[:2], -1)[..., : width * serial.sample_bytes].reshape(*shape, serial.sample_bytes)
        weights = np.arange(serial.sample_bytes)[:: -1 if serial.big_endian else 1]
    else:
        cells = _unpack_bits(cells, serial, shape, header.bit_depth)
        weights = np.arange(header.bit_depth)[:: 1 if serial.packing is Packing.LOW_BITS_FIRST else -1]
    scale = 8 if serial.packing is Packing.BYTES else 1
    lines = (cells.astype(np.int64) << weights * scale).sum(axis=-1)
    bits = serial._bits(header.bit_depth)
    if header.sample_format is SampleFormat.SIGNED:
        lines -= (lines >> bits - 1) << bits
    if serial.invert:
        lines = (1 << header.bit_depth) - 1 - lines
    return _from_lines(lines, serial, header.channels).astype(np.int32)


def _as_lines(rows: NDArray[np.int64], serial: Serial) -> NDArray[np.int64]:
    """Return rows (R, W, C) as (planes, R, samples of a line)."""
    R, W, C = rows.shape
    if serial.bottom_up:
        rows = rows[::-1]
    rows = rows[..., list(serial.order)]
    return np.moveaxis(rows, 2, 0) if serial.planar else rows.reshape(1, R, W * C)


def _from_lines(lines: NDArray[np.int64], serial: Serial, channels: int) -> NDArray[np.int64]:
    """Return what `_as_lines` was given."""
    rows = np.moveaxis(lines, 0, 2) if serial.planar else lines.reshape(lines.shape[1], -1, channels)
    rows = rows[..., np.argsort(serial.order)]
    return rows[::-1] if serial.bottom_up else rows


def _pack_bits(lines: NDArray[np.int64], serial: Serial, bit_depth: int) -> NDArray[np.uint8]:
    low_first = serial.packing is Packing.LOW_BITS_FIRST
    shifts = np.arange(bit_depth)[:: 1 if low_first else -1]
    bits = (lines[..., np.newaxis] >> shifts & 1).astype(np.uint8)  # (planes, rows, samples, bit_depth)
    bits = bits.reshape(*lines.shape[:2], -1) if serial.row_step else bits.reshape(1, 1, -1)
    return np.packbits(bits, axis=2, bitorder="little" if low_first else "big")


def _unpack_bits(
    cells: NDArray[np.uint8], serial: Serial, shape: tuple[int, int, int], bit_depth: int
) -> NDArray[np.uint8]:
    """Return single bits (planes, rows, samples, bit_depth)."""
    order = serial.packing is Packing.LOW_BITS_FIRST
    bits = np.unpackbits(cells, axis=-1, bitorder="little" if order else "big")
    wanted = shape[2] * bit_depth if serial.row_step else int(np.prod(shape)) * bit_depth
    return bits[..., :wanted].reshape(*shape, bit_depth)


def _stepped(size: int, step: int) -> int:
    return -(-size // step) * step

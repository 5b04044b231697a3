"""The wide coder: values 0 to 65535 in up to four channels, each tile from its first to its last bit in kernels.

It needs neither base picture nor model. Where `steps` codes one channel, this is the tile: which values occur, channel
after channel, the channels before and the picture before beside the one that is coded.
"""

from collections.abc import Sequence
from typing import ClassVar, Final

import numpy as np
from numpy.typing import NDArray

from hybridcodec.entropy.bits import BitReader, BitWriter, Stream, code_number
from hybridcodec.entropy.coder import EntropyError
from hybridcodec.errors import CorruptFileError, LimitError
from hybridcodec.machine.threads import Tick
from hybridcodec.modes import Effort
from hybridcodec.residual.alone import Alone
from hybridcodec.residual.coder import Ground
from hybridcodec.residual.quantiser import Quantiser
from hybridcodec.residual.wide import model, planes, steps, tables
from hybridcodec.residual.wide.alphabet import VALUE_BITS, Alphabet, Kind, saved_by_telling
from hybridcodec.residual.wide.experts import MOST_OTHERS
from hybridcodec.residual.wide.value import MOST
from hybridcodec.tiling import Area

MAX_HEIGHT: Final = 1024
"""Rows of the largest tile."""
MAX_WIDTH: Final = 4096
"""Columns of the largest tile."""
TILE_PIXELS: Final = 1 << 20
"""Most of a tile that is written."""
TOP: Final = (1 << VALUE_BITS) - 1
"""Largest value."""
MOST_CHANNELS: Final = 4

_ROOM: Final = 1 << 20
"""Bits between two calls of a kernel."""
_TRIED_FROM: Final = 0.1
"""Bits a sample that gaps save where ranks are tried as well."""
_TRIAL: Final = (128, 512)
"""Part of a tile that is coded to see whether ranks are smaller."""

I32 = NDArray[np.int32]
Bits = BitWriter | BitReader


class Wide(Alone):
    """A `TileCoder`, see there."""

    number: ClassVar[int] = 2
    name: ClassVar[str] = "wide"
    uses_reference: ClassVar[bool] = True

    def takes(self, channels: int, quantiser: Quantiser) -> bool:
        """Everything up to 16 bits and four channels."""
        return channels <= MOST_CHANNELS and quantiser.top <= TOP

    def choose_tile(self, height: int, width: int, effort: Effort = Effort.NORMAL) -> tuple[int, int]:  # noqa: ARG002
        """The whole picture, or bands of rows, all alike: several of them are coded on several cores."""
        columns = min(width, MAX_WIDTH)
        bands = -(-height // min(MAX_HEIGHT, max(1, TILE_PIXELS // columns)))
        return -(-height // bands), columns

    def require_tile(self, shape: tuple[int, int, int], payload: bytes) -> None:
        """See `Alone.require_tile`; a tile of one value takes a few bytes, whatever its size."""
        height, width, _ = shape
        if height > MAX_HEIGHT or width > MAX_WIDTH:
            raise LimitError(f"a tile has {height}x{width} samples, this coder reads up to {MAX_HEIGHT}x{MAX_WIDTH}")
        if len(payload) < 4 or len(payload) % 4:
            raise CorruptFileError(f"{len(payload)} bytes are no stream")

    def encode_tile(self, values: I32, ground: Ground, area: Area, tick: Tick) -> bytes:
        """See `Alone.encode_tile`."""
        channels = np.ascontiguousarray(np.moveaxis(values, 2, 0))  # (C, h, w)
        reference = _reference(ground, area)
        writer, ticks = BitWriter(_ROOM), _Ticks(tick, len(channels))
        for c, channel in enumerate(channels):
            beside = [*channels[:c][::-1], *reference][:MOST_OTHERS]
            self._write(writer, channel, Alphabet.of(channel, self._kind(channel, beside)), beside, ticks)
        return writer.finish()

    def decode_tile(self, payload: bytes, shape: tuple[int, int, int], ground: Ground, area: Area, tick: Tick) -> I32:
        """See `Alone.decode_tile`."""
        height, width, count = shape
        channels, reference = np.zeros((count, height, width), np.int32), _reference(ground, area)
        ticks = _Ticks(tick, count)
        try:
            reader = BitReader(payload, ground.backend)
            for c in range(count):
                beside = [*channels[:c][::-1], *reference][:MOST_OTHERS]
                alphabet = Alphabet.read(reader, ground.quantiser.top)
                channels[c] = alphabet.decoded(self._walk(reader, channels[c], alphabet, beside, ticks))
            reader.finish()
        except EntropyError as error:
            raise CorruptFileError(str(error)) from error
        return np.moveaxis(channels, 0, 2)

    def _kind(self, channel: I32, beside: Sequence[I32]) -> Kind:
        """How the samples of a channel are best counted; ranks are tried on a part of it."""
        saved = saved_by_telling(channel)
        if saved < _TRIED_FROM:
            return Kind.GAPS if saved > 0.0 else Kind.WHOLE
        (top, height), (left, width) = (
            ((size - min(size, most)) // 2, min(size, most)) for size, most in zip(channel.shape, _TRIAL, strict=True)
        )
        part, sizes = (slice(top, top + height), slice(left, left + width)), {}
        for kind in (Kind.GAPS, Kind.RANKS):
            writer, alphabet = BitWriter(_ROOM), Alphabet.of(channel, kind)
            self._write(writer, channel[part], alphabet, [plane[part] for plane in beside], _Ticks(lambda: None, 1))
            sizes[kind] = len(writer.finish())
        return min(sizes, key=lambda kind: (sizes[kind], kind))

    def _write(
        self, writer: BitWriter, channel: I32, alphabet: Alphabet, beside: Sequence[I32], ticks: "_Ticks"
    ) -> None:
        alphabet.write(writer)
        self._walk(writer, alphabet.coded(channel), alphabet, beside, ticks)

    def _walk(self, bits: Bits, codes: I32, alphabet: Alphabet, beside: Sequence[I32], ticks: "_Ticks") -> I32:
        """Write or read the codes (h, w) of a channel, and return them.

        Raises:
            CorruptFileError: the stream begins with a code that there is not.
            EntropyError: it ends before the last sample, or holds what no encoder writes.
        """
        height, width = codes.shape
        if len(alphabet.values) == 1:
            ticks.reach(height)
            return np.zeros_like(codes)
        occurring = alphabet.occurring
        start = int(code_number(bits.state, bits.words, bits.record, int(codes[0, 0]), VALUE_BITS))
        bits.flush()
        if start > len(occurring) - 2:
            raise CorruptFileError(f"it begins with code {start}, expected at most {len(occurring) - 2}")
        channel = model.make_channel(np.stack([codes, *beside]), occurring, start, tables.make())
        known = planes.skewed(np.expand_dims(codes, 0), channel.samples.shape[2])[0]
        stream = Stream(bits.state, bits.words, bits.record)
        end, stride = planes.LEAD + planes.steps(height, width), max(1, _ROOM // (MOST * height))
        for begin in range(planes.LEAD, end, stride):
            last = min(begin + stride, end)
            steps.take(stream, channel, known, begin, last)
            bits.flush()
            ticks.reach(height * (last - planes.LEAD) // (end - planes.LEAD))
        return planes.unskewed(channel.samples[0], height, width)


class _Ticks:
    """Calls `tick` once for each row of a tile, whose channels come one after the other."""

    def __init__(self, tick: Tick, channels: int) -> None:
        self._tick, self._channels, self._walked, self._told = tick, channels, 0, 0
        self._row = 0

    def reach(self, row: int) -> None:
        """Tell that so many rows of the current channel are done."""
        self._walked += row - self._row if row >= self._row else row
        self._row = row
        while self._told < self._walked // self._channels:
            self._told += 1
            self._tick()


def _reference(ground: Ground, area: Area) -> list[I32]:
    """Values (h, w) of the channels of the picture before, if there is one."""
    if ground.reference is None:
        return []
    return list(np.moveaxis(ground.quantiser.values(ground.reference[area]), 2, 0))

"""The range decoder that `container/BITSTREAM.md` describes, in Python integers: slow, obvious, on its own."""

from collections.abc import Sequence

PRECISION = 24
MASK = (1 << 64) - 1


class ReferenceDecoder:
    """Reads symbols from the bytes of a payload."""

    def __init__(self, data: bytes) -> None:
        self.words = [int.from_bytes(data[i : i + 4], "little") for i in range(0, len(data), 4)]
        self.stored, self.read = len(self.words), 0
        self.lower, self.range, self.point = 0, MASK, 0
        for _ in range(2):
            self.point = self.point << 32 | self.next_word()

    def next_word(self) -> int:
        """Return the next word of the payload; zeros follow its end."""
        self.read += 1
        return self.words.pop(0) if self.words else 0

    def symbol(self, frequencies: Sequence[int]) -> int:
        """Read one symbol under a row of frequencies with the sum 2^16."""
        bounds = cumulative(frequencies)
        scale = self.range >> PRECISION
        quantile = ((self.point - self.lower) & MASK) // scale
        if quantile >= 1 << PRECISION:
            raise ValueError("corrupt")
        found = max(i for i in range(len(frequencies)) if bounds[i] <= quantile)
        self.lower = (self.lower + scale * bounds[found]) & MASK
        self.range = scale * (bounds[found + 1] - bounds[found])
        if self.range < 1 << 32:
            self.lower, self.range = self.lower << 32 & MASK, self.range << 32
            self.point = (self.point << 32 & MASK) | self.next_word()
        return found

    def used_up(self) -> bool:
        """Whether the bytes are those that an encoder writes for what was read, no more and no others."""
        if self.range == MASK:
            return self.stored == 0
        last = -(-self.lower // (1 << 32))
        after = ((self.lower + self.range) & MASK) >> 32
        words = self.read - 1 + (after == last % (1 << 32))
        return self.stored == words and self.point == (last << 32) & MASK

    def bit(self) -> int:
        """Read one bit, both values alike likely."""
        return self.symbol([1 << 15, 1 << 15])

    def bits(self, count: int) -> int:
        """Read a number of `count` bits, the highest first."""
        value = 0
        for _ in range(count):
            value = 2 * value + self.bit()
        return value


def cumulative(frequencies: Sequence[int]) -> list[int]:
    """Return the bounds of all symbols in 1 / 2^24, from 0 to 2^24."""
    free = (1 << PRECISION) - len(frequencies)
    return [(sum(frequencies[:i]) * free >> 16) + i for i in range(len(frequencies))] + [1 << PRECISION]


def class_table() -> list[int]:
    """Frequencies of the length classes of escapes."""
    table = [max((1 << 16) >> (k // 2 + 2), 1) for k in range(62)]
    table[0] += (1 << 16) - sum(table)
    return table


def naturals(decoder: ReferenceDecoder, count: int) -> list[int]:
    """Read `count` escapes: all classes first, then all bits."""
    classes = [decoder.symbol(class_table()) for _ in range(count)]
    return [(1 << k) + decoder.bits(k) - 1 for k in classes]

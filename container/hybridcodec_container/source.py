"""The source file as the container keeps it: a recipe, and literal bytes in chunks that are unpacked one by one."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from hybridcodec_container.errors import ContainerError, CorruptError
from hybridcodec_container.layout import MAX_LITERALS_BYTES
from hybridcodec_container.metadata import pack_metadata, unpack_metadata, unpack_stated
from hybridcodec_container.recipe import Recipe

_LEVELS = ((1 << 18, 19), (1 << 22, 15))  # bytes up to which a level of Zstandard is fast enough; literals may be long
_LEVEL = 9


@dataclass(frozen=True)
class Source:
    """How to rebuild the source file; `rebuild` does it.

    Attributes:
        recipe: the pieces.
        packed: payloads of the sLIT chunks that have arrived, in order.
    """

    recipe: Recipe
    packed: tuple[bytes, ...] = ()

    @classmethod
    def of(cls, recipe: Recipe, literals: bytes = b"") -> "Source":
        """Return a recipe with its literals, which fit into memory.

        Raises:
            ContainerError: if there are more or fewer literal bytes than the recipe takes.
        """
        return cls(recipe, tuple(pack_literals(recipe, [literals])))

    @property
    def complete(self) -> bool:
        """Whether all literals have arrived."""
        return len(self.packed) == self.recipe.literal_chunks

    def literals(self) -> Iterator[bytes]:
        """Yield the literal bytes, at most 16 MiB at once.

        Raises:
            CorruptError: if a chunk cannot be unpacked.
        """
        return map(unpack_metadata, self.packed)


def pack_literals(recipe: Recipe, literals: Iterable[bytes]) -> Iterator[bytes]:
    """Yield the payloads of the sLIT chunks; `literals` may be cut anywhere.

    Raises:
        ContainerError: if there are more or fewer bytes than the recipe takes.
    """
    held, total = bytearray(), 0
    for part in literals:
        held += part
        total += len(part)
        while len(held) >= MAX_LITERALS_BYTES:
            yield pack_long(bytes(held[:MAX_LITERALS_BYTES]))
            del held[:MAX_LITERALS_BYTES]
    if total != recipe.literal_bytes:
        raise ContainerError(f"the recipe takes {recipe.literal_bytes} literal bytes, found {total}")
    if held:
        yield pack_long(bytes(held))


def pack_long(literals: bytes) -> bytes:
    """Return what `pack_metadata` does, at a level that is fast enough for so many bytes."""
    level = next((level for most, level in _LEVELS if len(literals) <= most), _LEVEL)
    return pack_metadata(literals, level)


def check_source(source: Source) -> None:
    """Check that all literals of a recipe are there, without unpacking them.

    Raises:
        ContainerError: if there are more or fewer than the recipe takes.
    """
    if not source.complete:
        chunks = source.recipe.literal_chunks
        raise ContainerError(f"the literals of the recipe fill {chunks} chunks, found {len(source.packed)}")
    for index, payload in enumerate(source.packed):
        check_literals(source.recipe, index, payload)


def check_literals(recipe: Recipe, index: int, payload: bytes) -> None:
    """Check what an sLIT chunk states, without unpacking it: all together may be far larger than the file.

    Raises:
        CorruptError: if it holds more or fewer bytes than it must.
    """
    _, length = unpack_stated(payload)
    if length != recipe.literals_in(index):
        raise CorruptError(f"sLIT chunk {index} must hold {recipe.literals_in(index)} bytes, states {length}")

"""What proofs, and the jobs of the pipeline, need of the codec and of picture files, as one value that they are given.

Another worker module passes another port: one that does next to nothing, to measure the pipeline, or one that breaks.
"""

from collections.abc import Callable, Iterator
from dataclasses import dataclass

from hybridcodec import codec
from hybridcodec.codec import Decoded, Info
from hybridcodec.keeping import Rest, rebuild_source, rest_of
from hybridcodec.sources.format import Document
from hybridcodec.sources.reading import read_document


@dataclass(frozen=True)
class Port:
    """The functions that they call, each with the arguments of the one that the real port has.

    Attributes:
        read_document: a source file to its pictures: `sources.read_document`.
        encode: pictures to a .hyc file: `codec.encode_album`.
        decode_each: a .hyc file to all its pictures, proven: `codec.decode_each`.
        read_info: what a .hyc file says of itself: `codec.read_info`.
        rebuild: a .hyc file to its source file, in parts: `keeping.rebuild_source`.
        rest: a .hyc file to what else its source file held: `keeping.rest_of`.
    """

    read_document: Callable[[bytes], Document]
    encode: Callable[..., bytes]
    decode_each: Callable[..., Iterator[Decoded]]
    read_info: Callable[..., Info]
    rebuild: Callable[..., Iterator[bytes]]
    rest: Callable[[bytes], Rest | None] = rest_of


CODEC = Port(read_document, codec.encode_album, codec.decode_each, codec.read_info, rebuild_source)
"""The real one."""

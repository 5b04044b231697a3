"""What proofs, and the jobs of the pipeline, need of the codec and of picture files, as one value that they are given.

Another worker module passes another port: one that does next to nothing, to measure the pipeline, or one that breaks.
"""

from collections.abc import Callable
from dataclasses import dataclass

from hybridcodec import codec
from hybridcodec.codec import Info
from hybridcodec.image import Metadata, Samples
from hybridcodec.sources import Picture, read_picture


@dataclass(frozen=True)
class Port:
    """The functions of `codec` and `sources` that they call, each with the arguments of the one of that name."""

    encode: Callable[..., bytes]
    decode: Callable[..., Samples]
    read_info: Callable[[bytes], Info]
    read_metadata: Callable[[bytes], Metadata]
    read_picture: Callable[[bytes], Picture]


CODEC = Port(codec.encode, codec.decode, codec.read_info, codec.read_metadata, read_picture)
"""The real one."""

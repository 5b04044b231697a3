"""Entropy coding: symbols under integer frequency tables, in and out of bytes.

`library` is the only module of the project that imports `constriction`; `escape` codes what a table leaves open;
`twin` is for kernels that read symbol by symbol, `bounds` for those that note them, `bits` for those that decide bit by
bit.
"""

from hybridcodec.entropy.bits import BitReader, BitWriter
from hybridcodec.entropy.coder import PRECISION, TOTAL, BoundsCoder, Coder
from hybridcodec.entropy.decoder import RangeDecoder, least_bits, least_bytes
from hybridcodec.entropy.encoder import RangeEncoder
from hybridcodec.entropy.escape import code_bits, code_naturals, from_signed, to_signed

__all__ = [
    "PRECISION",
    "TOTAL",
    "BitReader",
    "BitWriter",
    "BoundsCoder",
    "Coder",
    "RangeDecoder",
    "RangeEncoder",
    "code_bits",
    "code_naturals",
    "from_signed",
    "least_bits",
    "least_bytes",
    "to_signed",
]

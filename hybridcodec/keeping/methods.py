"""The ways in which bytes of source files are made, one line each."""

from collections.abc import Mapping
from typing import Final

from hybridcodec.keeping.jpeg.lossless import JpegLossless
from hybridcodec.keeping.jpeg.ls import JpegLs
from hybridcodec.keeping.jpegxl import JpegXl
from hybridcodec.keeping.lepton import Lepton
from hybridcodec.keeping.method import Method, Packer
from hybridcodec.keeping.png import Png
from hybridcodec.keeping.rle import Rle
from hybridcodec.keeping.tiff.deflate import Deflate
from hybridcodec.keeping.tiff.fax import Fax
from hybridcodec.keeping.tiff.lzw import Lzw
from hybridcodec.keeping.tiff.packbits import PackBits
from hybridcodec.keeping.tiff.strips import Coding, Strips

_STRIPS: Final[tuple[Coding, ...]] = (Deflate(), Lzw(), PackBits(), Fax())
_METHODS: Final[tuple[Method, ...]] = (Png(), JpegLossless(), JpegLs(), Rle(), *(Strips(coding) for coding in _STRIPS))
METHODS: Final[Mapping[str, Method]] = {method.name: method for method in _METHODS}
"""Name, as streams of documents and recipes have it -> what makes bytes of samples."""
_PACKERS: Final[tuple[Packer, ...]] = (Lepton(), JpegXl())
PACKERS: Final[Mapping[str, Packer]] = {packer.name: packer for packer in _PACKERS}
"""Name, as recipes have it -> what makes bytes of fewer bytes; those that pack best come first."""

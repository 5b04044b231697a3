"""Picture files, read and written, most of them with Pillow; `formats` has what is particular to each format.

Reading gives the stored samples or an error, never converted ones: 8-bit gray and 8-bit RGB are taken, everything else
is refused by what it is. Writing is lossless, and what was written is read back and compared.
"""

from hybridcodec.sources.format import Document, Picture, Stream
from hybridcodec.sources.reading import read_document, read_picture
from hybridcodec.sources.writing import PictureFile, format_for, write_document, write_picture

__all__ = [
    "Document",
    "Picture",
    "PictureFile",
    "Stream",
    "format_for",
    "read_document",
    "read_picture",
    "write_document",
    "write_picture",
]

"""Picture files, read and written with Pillow: the only package that imports it.

Reading gives the stored samples or an error, never converted ones: 8-bit gray and 8-bit RGB are taken, everything else
is refused by what it is. Writing is lossless, and what was written is read back and compared.
"""

from hybridcodec.sources.reading import Picture, read_picture
from hybridcodec.sources.writing import FORMATS, PictureFile, format_for, write_picture

__all__ = ["FORMATS", "Picture", "PictureFile", "format_for", "read_picture", "write_picture"]

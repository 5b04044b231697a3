"""Strips of TIFF files, compressed again as libtiff does: zlib, LZW, PackBits and the fax of T.6."""

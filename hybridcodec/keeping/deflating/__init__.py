"""Deflate (RFC 1951) as zlib writes it, in kernels of our own.

A file that is kept by the settings of a deflate stream must come back on every machine for ever, and libraries that
call themselves zlib write different streams. So the procedure of zlib 1.2.13 stands here: hash chains in `matching`,
ways through them in `parsing`, codes in `trees`, blocks in `blocks`. It works on the whole content at once; positions
count from its begin.
"""

from hybridcodec.keeping.deflating.writing import deflated

__all__ = ["deflated"]

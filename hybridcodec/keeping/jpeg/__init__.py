"""Streams of JPEG lossless and JPEG-LS, coded again with their own headers and tables."""

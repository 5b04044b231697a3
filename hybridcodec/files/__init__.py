"""Whole jobs on files: encode, decode, extract, restore and verify, each proven before its output gets its name.

`codec` works on arrays and bytes and knows no paths; here are the paths, and the promise that success means proof: what
was written is read back from disk, decoded, and compared with the source in every sample.
"""

from hybridcodec.files.decoding import Decoded, DecodeSettings, decode_file
from hybridcodec.files.encoding import Encoded, EncodeSettings, encode_file
from hybridcodec.files.extracting import Extracted, extract_file
from hybridcodec.files.restoring import Restored, restore_file, restore_rest, write_restored
from hybridcodec.files.verifying import verify_file

__all__ = [
    "DecodeSettings",
    "Decoded",
    "EncodeSettings",
    "Encoded",
    "Extracted",
    "Restored",
    "decode_file",
    "encode_file",
    "extract_file",
    "restore_file",
    "restore_rest",
    "verify_file",
    "write_restored",
]

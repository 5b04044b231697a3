"""Letting go of a source: the last look at what is to stand for it, and at the source itself, before it is removed.

The driver looks with its own eyes, whoever proved the file and whenever: a source never goes on the word of a record.
"""

from pathlib import Path

from hybridcodec.pipeline.copying import COPY
from hybridcodec.pipeline.record import Record
from hybridcodec.proof.flags import Flag, FlagKind
from hybridcodec.storage.durable import Fingerprint, fingerprint, is_same, require_own_place


def gives_back(record: Record) -> bool:
    """Tell whether the source's file comes back from the output: proven to, or its very bytes.

    A record of before that was asked says nothing of it, and counts as one whose file does not.
    """
    return record.restores or record.mode == COPY


def is_without_picture(record: Record) -> bool:
    """Tell whether the output is a .hyc file that keeps its source whole, no picture being read of it."""
    return record.pictures == 0 and record.mode != COPY


def why_kept(record: Record, source: Path, proven_from: Fingerprint | None, destination: Path) -> Flag | None:
    """Return why the source must stay; None once all bytes of the output were read again and are those proven.

    Args:
        record: says which output was proven, by size and hash.
        source: what is to be removed.
        proven_from: what the source was when the output was proven against it.
        destination: folder of the output.
    """
    return _output_differs(record, destination, source) or _source_differs(source, proven_from)


def _output_differs(record: Record, destination: Path, source: Path) -> Flag | None:
    try:
        output = require_own_place(destination, record.output)
        found = fingerprint(output, follow=False)
    except FileNotFoundError:
        return Flag(FlagKind.OUTPUT_VANISHED, "the output is gone since it was proven; the source was not deleted")
    except OSError as error:
        detail = f"the output cannot be read again ({error.strerror or error}); the source was not deleted"
        return Flag(FlagKind.OUTPUT_ALTERED, detail)
    if (found.size, found.sha256) != (record.output_bytes, record.output_hash):
        was = f"{record.output_bytes} bytes with hash {record.output_hash}"
        detail = f"the output has {found.size} bytes with hash {found.sha256}, proven were {was}"
        return Flag(FlagKind.OUTPUT_ALTERED, f"{detail}; the source was not deleted")
    if is_same(output, source):
        return Flag(FlagKind.SOURCE_NOT_DELETED, "the source and the output are one file; it was not deleted")
    return None


def _source_differs(source: Path, proven_from: Fingerprint | None) -> Flag | None:
    try:
        if proven_from is not None and proven_from.still_fits(source):
            return None
    except OSError as error:
        detail = f"the source vanished after it was proven: {error.strerror}"
    else:
        detail = "the source was written to after it was proven; it was not deleted"
    return Flag(FlagKind.SOURCE_CHANGED, detail)

"""Where memory ends, that is the reason given: never that a file is damaged, and never an error of somebody else's."""

import json
import os
import subprocess
import sys

import pytest
import zstandard

from hybridcodec.errors import CorruptFileError, HybridcodecError, InputError, LimitError
from hybridcodec.limits import memory_as_limit

WITHIN_LITTLE = """
import io, json, os, resource
import numpy as np
from PIL import Image
from hybridcodec.errors import HybridcodecError
from hybridcodec.limits import memory_as_limit
from hybridcodec.sources.reading import read_document

rows, columns = np.mgrid[:700, :900]
samples = np.stack([rows % 200, columns % 251, (rows * columns) % 241], -1).astype(np.uint8)
for name, options in (("JPEG", {"progressive": True}), ("WEBP", {"lossless": True}), ("WEBP", {}), ("PNG", {}),
                      ("TIFF", {"compression": "jpeg"}), ("TIFF", {"compression": "tiff_deflate"})):
    stream = io.BytesIO()
    Image.fromarray(samples).save(stream, name, **options)
    small = io.BytesIO()
    Image.fromarray(samples[:9, :9]).save(small, name, **options)
    read_document(small.getvalue())
    for kilobytes in (0, 500, 1000, 2000, 3000, 4000, 5000, 6000, 8000, 10000, 12000, 16000, 24000, 48000, 96000):
        held = int(open("/proc/self/statm").read().split()[0]) * os.sysconf("SC_PAGE_SIZE")
        resource.setrlimit(resource.RLIMIT_AS, (held + kilobytes * 1024, resource.RLIM_INFINITY))
        try:
            with memory_as_limit():
                found = ["read", str(read_document(stream.getvalue()).pictures[0].samples.shape)]
        except HybridcodecError as error:
            found = [type(error).__name__, str(error)]
        finally:
            resource.setrlimit(resource.RLIMIT_AS, (resource.RLIM_INFINITY, resource.RLIM_INFINITY))
        print(json.dumps([name, *found]))
"""


@pytest.mark.skipif(not sys.platform.startswith("linux"), reason="limits of memory are set as Linux does")
def test_a_picture_that_memory_is_too_small_for_is_never_said_to_be_damaged() -> None:
    command, given_back = [sys.executable, "-c", WITHIN_LITTLE], {"MALLOC_MMAP_THRESHOLD_": "65536"}
    done = subprocess.run(command, capture_output=True, text=True, check=False, env=os.environ | given_back)
    found = [json.loads(line) for line in done.stdout.splitlines()]
    assert len(found) == 6 * 15, done.stderr
    wrong = [said for said in found if said[1] != "read" and (said[1] != "LimitError" or "memory" not in said[2])]
    assert wrong == []
    assert {name for name, kind, _ in found if kind == "read"} == {"JPEG", "WEBP", "PNG", "TIFF"}
    assert {name for name, kind, _ in found if kind != "read"} >= {"JPEG", "WEBP", "PNG"}


def raised(error: Exception) -> Exception:
    with pytest.raises(HybridcodecError) as caught, memory_as_limit():
        raise error
    return caught.value


ENDED = zstandard.ZstdError("cannot compress: Allocation error : not enough memory")
CAUSES = [
    ENDED,
    MemoryError(),
    OSError(12, "Cannot allocate memory", "not a name"),
    RuntimeError("can't start new thread"),
    ImportError("libtorch_cpu.so: failed to map segment from shared object"),
]


@pytest.mark.parametrize("cause", CAUSES, ids=lambda cause: type(cause).__name__)
def test_whoever_says_that_memory_ended_is_heard_also_behind_an_error_of_ours(cause: Exception) -> None:
    outer = CorruptFileError("the chunk cannot be unpacked")
    outer.__cause__ = cause
    for error in (cause, outer):
        found = raised(error)
        assert type(found) is LimitError
        assert str(found).startswith("more memory is needed than there is")
        assert "\n" not in str(found)


def test_words_of_ours_and_names_of_files_do_not_say_that_memory_ended() -> None:
    for error in (InputError("not enough memory.png: no such file"), CorruptFileError("cut off")):
        assert raised(error) is error
    outer = InputError("x")
    outer.__cause__ = FileNotFoundError(2, "No such file or directory", "not enough memory.png")
    assert raised(outer) is outer
    with pytest.raises(zstandard.ZstdError), memory_as_limit():
        raise zstandard.ZstdError("unknown frame")

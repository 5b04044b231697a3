"""Where Pillow's failures become ours: its plugins raise almost anything, and warn where they leave something out."""

import logging
import re
import struct
import warnings
import zlib
from collections.abc import Callable, Iterator
from contextlib import contextmanager

from PIL import Image, TiffImagePlugin

from hybridcodec.errors import InputError, LimitError
from hybridcodec.limits import memory_left

logging.getLogger("PIL").addHandler(logging.NullHandler())  # it says on standard error what it then raises

_BYTES_PER_PIXEL = 24
"""What decoders take, at most about: 6 for the coefficients of a progressive JPEG, 8 for the canvases of a WebP."""
_FAILURES = (
    OSError,
    SyntaxError,
    ValueError,
    TypeError,
    AttributeError,
    LookupError,
    EOFError,
    ArithmeticError,
    AssertionError,
    RuntimeError,
    struct.error,
    zlib.error,
    UserWarning,
    RuntimeWarning,
)


@contextmanager
def pillow_failures_as_ours(
    what: str, *, tags_matter: bool = True, pixels: Callable[[], int] = lambda: 0
) -> Iterator[None]:
    """Turn every failure of Pillow inside the block into an error that begins with `what`.

    A warning counts as a failure: it means that Pillow skipped or guessed something. Without `tags_matter` the warnings
    of its TIFF reader do not: Pillow also looks for a resolution in the EXIF block of a JPEG, which no sample needs.
    The decoders of JPEG and WebP do not tell the end of memory from damage, so that of a failure with less memory left
    than a picture of `pixels` may take, both are said.

    Raises:
        LimitError: more pixels than Pillow opens (178,956,970), or more than memory holds.
        InputError: anything else that Pillow raises.
    """
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("error", UserWarning)
            warnings.simplefilter("error", RuntimeWarning)
            warnings.simplefilter("ignore", Image.DecompressionBombWarning)  # comes at half of the limit
            warnings.filterwarnings("ignore", message="Image appears to be a malformed MPO")  # its parts are named
            if not tags_matter:
                warnings.filterwarnings("ignore", module=re.escape(TiffImagePlugin.__name__))
            yield
    except Image.DecompressionBombError as error:
        raise LimitError(f"{what}: {_one_line(error)}") from error
    except MemoryError as error:
        raise LimitError(f"{what}: not enough memory") from error
    except _FAILURES as error:
        left = memory_left()
        if left is not None and left < _BYTES_PER_PIXEL * pixels():
            raise LimitError(f"{what}: {_one_line(error)}, or not enough memory") from MemoryError()
        raise InputError(f"{what}: {_one_line(error)}") from error


def _one_line(error: BaseException) -> str:
    return " ".join(str(error).split()) or type(error).__name__

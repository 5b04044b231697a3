"""`hybridcodec warm`: every coder is run, and what it compiled is there the next time."""

import subprocess
import sys

from hybridcodec import codec
from hybridcodec.residual.coders import CODERS
from hybridcodec.warming import work


def test_every_coder_has_a_picture_that_it_takes() -> None:
    for coder in CODERS:
        assert list(work._pictures(coder)), coder.name


def test_the_preview_is_of_the_models_that_are_written_with() -> None:
    from hybridcodec.models import DEFAULT_BASE, DEFAULT_DISPLAY

    info = codec.read_info(work.PREVIEW.read_bytes())
    assert (info.base_models, info.display_models) == ((DEFAULT_BASE,), (DEFAULT_DISPLAY,))
    assert codec.decode(work.PREVIEW.read_bytes(), layer="perceptual").shape == (16, 16, 3)


def test_what_is_warm_is_not_compiled_again() -> None:
    work.warm()
    command = [sys.executable, "-m", "hybridcodec", "warm"]
    done = subprocess.run(command, capture_output=True, text=True, check=True)
    assert done.stdout.startswith("0 kernels compiled in ")
    assert " were there; kept below " in done.stdout

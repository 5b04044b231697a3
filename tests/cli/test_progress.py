"""The progress bar shows on a terminal and nowhere else."""

import io
import sys

import pytest

from hybridcodec.cli.progress import progress_bar


class Terminal(io.StringIO):
    def isatty(self) -> bool:
        return True


def test_bar_shows_its_title_on_a_terminal(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sys, "stderr", Terminal())
    monkeypatch.setenv("TERM", "xterm")
    with progress_bar("encode photo.png", quiet=False) as progress:
        assert progress is not None
        progress(0.5)
    assert "encode photo.png" in sys.stderr.getvalue()


@pytest.mark.parametrize(("stream", "quiet"), [(io.StringIO(), False), (Terminal(), True)])
def test_nothing_shows_elsewhere_or_when_asked_to_be_quiet(
    monkeypatch: pytest.MonkeyPatch, stream: io.StringIO, quiet: bool
) -> None:
    monkeypatch.setattr(sys, "stderr", stream)
    with progress_bar("encode photo.png", quiet=quiet) as progress:
        assert progress is None
    assert stream.getvalue() == ""

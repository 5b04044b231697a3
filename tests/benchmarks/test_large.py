"""The benchmark of large pictures, on a small one."""

from pathlib import Path

import base_models
import pytest
from click.testing import CliRunner

from benchmarks import large
from benchmarks.folder import find_pictures
from hybridcodec.image import Picture
from hybridcodec.sources import write_picture


@pytest.mark.parametrize("mode", large.STEPS)
def test_photographs_side_by_side_are_measured_in_processes_of_their_own(mode: str, tmp_path: Path) -> None:
    photograph = Picture.of(base_models.photograph_like(256, 256))
    (tmp_path / "one.png").write_bytes(write_picture(photograph).data)
    assert large.side_by_side(find_pictures(tmp_path, None), 300 * 300).shape == (300, 300, 3)
    done = CliRunner().invoke(large.main, [str(tmp_path), "--megapixels", "0.1", "--mode", mode])
    assert done.exit_code == 0, done.output
    assert all(step in done.output for step in large.STEPS[mode])

import json

import pytest

from benchmarks.results import CodecResult, FileResult


def _file(samples: int, size: int, **others: int) -> FileResult:
    given = {"base_bytes": None, "residual_bytes": None, "verify_s": None, "worst": 0} | others
    pixels = samples // 3
    times = {"encode_s": 2.0, "decode_s": 0.5, "cpu_s": 3.0}
    return FileResult(name="a.png", pixels=pixels, samples=samples, bytes=size, **times, **given)


def _result(*files: FileResult, bound: int = 0) -> CodecResult:
    return CodecResult("png", "PNG", 1, bound, files, peak_mb=60.0, idle_mb=40.0)


def test_pooled_bits_weigh_by_size_and_the_mean_of_files_does_not() -> None:
    result = _result(_file(3_000_000, 375_000), _file(1_000_000, 500_000))
    assert result.bits == pytest.approx(1.75)
    assert result.mean_bits == pytest.approx((1 + 4) / 2)


def test_speeds_are_all_pixels_by_all_seconds() -> None:
    result = _result(_file(3_000_000, 1), _file(9_000_000, 1))
    assert result.encode_speed == pytest.approx(1.0)
    assert result.decode_speed == pytest.approx(4.0)
    assert result.cpu_s_per_megapixel == pytest.approx(1.5)


def test_the_worst_sample_of_any_file_decides() -> None:
    files = _file(3, 1, worst=1), _file(3, 1, worst=2)
    assert _result(*files, bound=2).within_bound
    assert not _result(*files, bound=1).within_bound


def test_layers_are_shown_only_where_there_are_layers() -> None:
    assert _result(_file(800, 100)).layer_bits("base") is None
    assert _result(_file(800, 100, base_bytes=10, residual_bytes=90)).layer_bits("residual") == pytest.approx(0.9)
    assert _result(_file(800, 100)).verify_s is None


def test_everything_can_be_written_as_json() -> None:
    found = json.loads(json.dumps(_result(_file(800, 100)).to_dict()))
    assert found["bits"] == pytest.approx(1.0)
    assert found["files"][0]["bytes"] == 100

"""Throughput over time: the bars add up to the pixels of the run."""

import re

import pytest

from hybridcodec.pipeline.ledger import Run
from hybridcodec.report.chart import Moment, chart, moment_of

RUN = Run(3, "2026-03-02T08:00:00.000+00:00", "", "<host>", {}, 0, 0, 0, 0)
START = 1772438400.0


def test_rates_are_megapixels_over_time() -> None:
    figure = chart(RUN, [Moment(START + second, 2_000_000) for second in range(1, 101)])
    assert "Run 3: 2 megapixels a second and 1 files a second on average over 100 seconds" in figure
    heights = [float(height) for height in re.findall(r'class="bar"[^>]*height="([\d.]+)"', figure)]
    assert len(heights) == 48
    assert max(heights) / (sum(heights) / len(heights)) == pytest.approx(3 / (100 / 48), rel=0.02)


def test_bars_lie_inside_the_drawing_whatever_the_clock_did() -> None:
    moments = [Moment(START - 50, 10), Moment(START + 5, 10**9), Moment(START + 5, 0)]
    figure = chart(RUN, moments)
    for number in re.findall(r'(?:height|width|x|y)="(-?[\d.]+)"', figure):
        assert 0 <= float(number) <= 640


def test_too_little_to_show_gives_nothing() -> None:
    assert chart(RUN, []) == chart(RUN, [Moment(START, 5)]) == chart(RUN, [Moment(START, 5), Moment(START, 6)]) == ""


def test_a_time_that_is_none_is_left_out() -> None:
    assert moment_of("2026-03-02T08:00:00.000+00:00", 7) == Moment(START, 7)
    assert moment_of("", 7) is None
    assert moment_of("yesterday", 7) is None

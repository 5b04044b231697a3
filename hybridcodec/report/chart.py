"""Throughput of a run over time, as an SVG that needs no script: megapixels a second, in up to 48 stretches of time."""

from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Final

from hybridcodec.pipeline.rows import Run
from hybridcodec.plain import require_time
from hybridcodec.view.words import escaped

STRETCHES: Final = 48
_WIDTH, _HEIGHT, _LEFT, _TOP, _BOTTOM = 640, 150, 76, 14, 28


@dataclass(frozen=True)
class Moment:
    """A file that was finished: when, seconds since 1970, and its pixels."""

    seconds: float
    pixels: int


def moment_of(finished: str, pixels: int) -> Moment | None:
    """Return the moment that an ISO 8601 time names, None if it names none."""
    try:
        require_time(finished)
    except ValueError:
        return None
    return Moment(datetime.fromisoformat(finished).timestamp(), pixels) if finished else None


def chart(run: Run, moments: list[Moment]) -> str:
    """Return a figure of a run, or an empty text where there is too little to show."""
    times = [moment.seconds for moment in moments]
    if len(times) < 2 or max(times) == min(times):
        return ""
    begun = moment_of(run.started, 0)
    start = min(times) if begun is None or begun.seconds > min(times) else begun.seconds
    duration = max(times) - start
    count = min(STRETCHES, len(times))
    sums = [0.0] * count
    for moment in moments:
        sums[min(int((moment.seconds - start) / duration * count), count - 1)] += moment.pixels / 1e6
    rates = [total / (duration / count) for total in sums]
    mean, files = sum(sums) / duration, len(moments) / duration
    words = (
        f"Run {run.id}: {mean:.3g} megapixels a second and {files:.3g} files a second on average over "
        f"{_span(duration)}; between {min(rates):.3g} and {max(rates):.3g} megapixels a second."
    )
    drawing = _drawing(rates, start, start + duration)
    svg = f'<svg viewBox="0 0 {_WIDTH} {_HEIGHT}" role="img" aria-label="{escaped(words)}">{drawing}</svg>'
    return f"<figure>{svg}<figcaption>{escaped(words)}</figcaption></figure>"


def _drawing(rates: list[float], start: float, end: float) -> str:
    top, floor = max(rates) or 1.0, _HEIGHT - _BOTTOM
    wide = (_WIDTH - _LEFT) / len(rates)
    parts = []
    for share in (0, 0.5, 1):
        y = floor - share * (floor - _TOP)
        parts.append(f'<line class="grid" x1="{_LEFT}" x2="{_WIDTH}" y1="{y:.1f}" y2="{y:.1f}"/>')
        parts.append(f'<text x="{_LEFT - 6}" y="{y + 4:.1f}" text-anchor="end">{share * top:.2g}</text>')
    for number, rate in enumerate(rates):
        tall = rate / top * (floor - _TOP)
        x = _LEFT + number * wide
        parts.append(
            f'<rect class="bar" x="{x + 0.5:.1f}" y="{floor - tall:.1f}" width="{wide - 1:.1f}" height="{tall:.1f}"/>'
        )
    for x, anchor, seconds in ((_LEFT, "start", start), (_WIDTH, "end", end)):
        time = datetime.fromtimestamp(seconds, UTC).strftime("%Y-%m-%d %H:%M:%S")
        parts.append(f'<text x="{x}" y="{_HEIGHT - 6}" text-anchor="{anchor}">{time}</text>')
    return "".join(parts)


def _span(seconds: float) -> str:
    if seconds < 120:
        return f"{seconds:.3g} seconds"
    return f"{seconds / 60:.3g} minutes" if seconds < 7200 else f"{seconds / 3600:.3g} hours"

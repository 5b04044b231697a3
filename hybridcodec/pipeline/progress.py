"""How far a run is: counts, rates and the time left, and one line that says so. The command line shows it."""

import time
from collections.abc import Callable
from dataclasses import dataclass, field

from hybridcodec.pipeline.record import Record
from hybridcodec.pipeline.release import is_without_picture
from hybridcodec.proof.flags import Verdict


@dataclass
class Progress:
    """Counts of a run so far; `total` is None until it is known.

    Attributes:
        total: how many files the run is about.
        counts: files by verdict.
        skipped: files that were proven before and did not change.
        kept: sources that were to be deleted and were not, although their outputs are proven.
        pixels: of all files that were worked on.
        holding_more: how many sources hold more than their proven outputs.
        without_picture: how many proven outputs keep their source whole, no picture being read of it.
        grown: how many proven outputs are larger than their sources.
        through: whether the run came to the end of its listing: neither stopped nor broken off.
        clock: seconds from any start, that never jump.
    """

    total: int | None = None
    counts: dict[Verdict, int] = field(default_factory=lambda: dict.fromkeys(Verdict, 0))
    skipped: int = 0
    kept: int = 0
    pixels: int = 0
    holding_more: int = 0
    without_picture: int = 0
    grown: int = 0
    through: bool = False
    clock: Callable[[], float] = time.monotonic
    started: float = field(init=False)
    _skipping: float = field(default=0.0, init=False)
    _last: float = field(init=False)

    def __post_init__(self) -> None:
        self.started = self._last = self.clock()

    def add(self, record: Record | None) -> None:
        """Count one file; None stands for one that was skipped."""
        moment = self.clock()
        if record is None:
            self._skipping += moment - self._last
        self._last = moment
        if record is None:
            self.skipped += 1
        else:
            self.counts[record.verdict] += 1
            self.pixels += record.pixels
            proven = record.verdict is Verdict.PROVEN
            self.holding_more += proven and bool(record.left_out)
            self.without_picture += proven and is_without_picture(record)
            self.grown += proven and (record.output_bytes or 0) > (record.source_bytes or 0)

    @property
    def files(self) -> int:
        """Files done, skipped ones included."""
        return self.skipped + sum(self.counts.values())

    @property
    def seconds(self) -> float:
        """Seconds since the start."""
        return self.clock() - self.started

    @property
    def seconds_left(self) -> float | None:
        """Seconds that the rest should take at the rate so far, None where that cannot be told.

        Files that were skipped tell nothing: the rest is what must be worked on, and takes as long as what was.
        """
        worked = self.files - self.skipped
        if self.total is None or not worked or self.total < self.files:
            return None
        return (self.total - self.files) * (self.seconds - self._skipping) / worked

    def line(self) -> str:
        """Return all of it in one line."""
        seconds = max(self.seconds, 1e-9)
        of = f" of {self.total:,}" if self.total is not None else ""
        parts = [
            f"{self.files:,}{of} files",
            f"{self.pixels / 1e6:,.1f} megapixels",
            f"{self.files / seconds:.2f} files/s, {self.pixels / 1e6 / seconds:.2f} megapixels/s",
            f"{self.counts[Verdict.FLAGGED]:,} flagged, {self.counts[Verdict.FAILED]:,} failed",
        ]
        if self.grown:
            parts.append(f"{self.grown:,} larger than their sources")
        if self.counts[Verdict.IGNORED]:
            parts.append(f"{self.counts[Verdict.IGNORED]:,} ignored")
        if self.skipped:
            parts.append(f"{self.skipped:,} proven before")
        if self.seconds_left is not None:
            parts.append(f"{in_words(self.seconds_left)} left")
        return "; ".join(parts)


def in_words(seconds: float) -> str:
    """Return a length of time as people say it: 45 s, 12 min, 3.5 h."""
    if seconds < 100:
        return f"{seconds:.0f} s"
    return f"{seconds / 60:.0f} min" if seconds < 6000 else f"{seconds / 3600:.1f} h"

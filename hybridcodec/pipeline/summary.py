"""A ledger in numbers, counted from records that match their digests and not from columns that may say anything."""

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass, field

from hybridcodec.pipeline.record import Record
from hybridcodec.pipeline.release import gives_back, is_without_picture
from hybridcodec.proof.flags import Verdict


@dataclass(frozen=True)
class Summary:
    """A ledger in numbers; sizes in bytes, of proven files only, as are `giving_back` and `without_picture`.

    Attributes:
        holding_more: files whose sources hold more than their outputs.
        giving_back: files whose sources come back byte for byte.
        without_picture: of those, files that are kept whole, no picture being read of them.
        pictures: pages and frames count one by one.
    """

    verdicts: Mapping[str, int]
    flags: Mapping[str, int]
    modes: Mapping[str, int]
    accepted_lossy: int
    holding_more: int
    giving_back: int
    without_picture: int
    pictures: int
    sources_deleted: int
    source_bytes: int
    output_bytes: int
    pixels: int

    @property
    def files(self) -> int:
        """Number of records."""
        return sum(self.verdicts.values())


@dataclass
class Tally:
    """Counts records as they pass by."""

    _verdicts: Counter[str] = field(default_factory=Counter)
    _flags: Counter[str] = field(default_factory=Counter)
    _modes: Counter[str] = field(default_factory=Counter)
    _sums: Counter[str] = field(default_factory=Counter)

    def add(self, record: Record) -> None:
        """Count a record in."""
        self._verdicts[record.verdict.value] += 1
        self._flags.update({flag.kind.value for flag in record.flags})
        if record.mode:
            self._modes[record.mode] += 1
        self._sums["accepted"] += record.accepted_lossy
        self._sums["holding more"] += bool(record.left_out)
        self._sums["deleted"] += record.source_deleted
        if record.verdict is Verdict.PROVEN:
            self._sums["giving back"] += gives_back(record)
            self._sums["without picture"] += is_without_picture(record)
            self._sums["pictures"] += 1 if record.pictures is None else record.pictures
            self._sums["source"] += record.source_bytes or 0
            self._sums["output"] += record.output_bytes or 0
            self._sums["pixels"] += record.pixels

    def summary(self) -> Summary:
        """Return what was counted so far."""
        names = (
            "accepted", "holding more", "giving back", "without picture", "pictures", "deleted", "source", "output",
            "pixels",
        )  # fmt: skip
        return Summary(
            {verdict.value: self._verdicts[verdict.value] for verdict in Verdict},
            dict(sorted(self._flags.items())),
            dict(sorted(self._modes.items())),
            *(self._sums[name] for name in names),
        )

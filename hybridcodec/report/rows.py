"""Records as rows of the page: arrays instead of objects, and what repeats is said once, so that 10,000 fit easily."""

import json
from dataclasses import dataclass, field
from typing import Any, Final

from hybridcodec.display import shown
from hybridcodec.pipeline.record import Record
from hybridcodec.proof.flags import Flag, Verdict

VERDICTS: Final = (Verdict.PROVEN, Verdict.FLAGGED, Verdict.FAILED, Verdict.IGNORED)
_LONGEST: Final = 2000
"""Characters of a message; the ledger has the rest."""
_PLAIN: Final = (
    "max_error", "source_bytes", "output_bytes", "width", "height", "channels", "worst_error", "encode_seconds",
    "verify_seconds", "proofs", "run", "started", "finished", "source_hash", "output_hash", "source_samples",
    "base_samples", "exact_samples", "pictures", "unread",
)  # fmt: skip
_SHARED: Final = ("profile", "mode", "samples", "host", "settings", "models", "versions")
_YES_NO: Final = ("accepted_lossy", "source_deleted", "file_loss_accepted", "restores")
COLUMNS: Final = ("source", "output", "verdict", "flags", "error", "left_out", *_PLAIN, *_YES_NO, *_SHARED)


@dataclass
class Rows:
    """Rows up to a number of bytes; `left_out` counts those that no longer fitted.

    Rows are JSON already, so that their size is known and none is written twice.
    """

    limit: int
    lines: list[str] = field(default_factory=list)
    shared: list[str] = field(default_factory=list)
    left_out: int = 0
    _numbers: dict[str, int] = field(default_factory=dict)
    _bytes: int = 0

    def add(self, record: Record) -> bool:
        """Take a record if it still fits."""
        line = json.dumps(self._row(record), separators=(",", ":"), ensure_ascii=False)
        length = len(line.encode())
        if self._bytes + length > self.limit:
            self.left_out += 1
            return False
        self._bytes += length
        self.lines.append(line)
        return True

    def to_dict(self) -> dict[str, Any]:
        """Return columns and shared words, as JSON knows them; the rows themselves are `lines`."""
        return {"columns": list(COLUMNS), "shared": self.shared, "sharedColumns": list(_SHARED)}

    def _row(self, record: Record) -> list[Any]:
        values: list[Any] = [shown(record.source), shown(record.output), VERDICTS.index(record.verdict)]
        values.append([_flag(flag) for flag in record.flags])
        values += [_message(record.error), _message("; ".join(record.left_out))]
        values += [_plain(getattr(record, name)) for name in _PLAIN]
        values += [int(getattr(record, name)) for name in _YES_NO]
        values += [self._number(_as_words(getattr(record, name))) for name in _SHARED]
        return values

    def _number(self, text: str) -> int:
        if text not in self._numbers:
            self._numbers[text] = len(self.shared)
            self.shared.append(text)
        return self._numbers[text]


def _flag(flag: Flag) -> dict[str, Any]:
    return flag.to_dict() | {"kind": flag.kind.value, "detail": _message(flag.detail)}


def _message(text: str) -> str:
    lines = "\n".join(shown(line) for line in text.splitlines())
    return lines if len(lines) <= _LONGEST else f"{lines[:_LONGEST]} ... (the ledger has all of it)"


def _plain(value: Any) -> Any:
    if isinstance(value, str):
        return shown(value)
    return round(value, 4) if isinstance(value, float) else value


def _as_words(value: Any) -> str:
    if isinstance(value, str):
        return shown(value)
    if isinstance(value, tuple):
        return ", ".join(shown(part) for part in value)
    return ", ".join(f"{shown(name)} {shown(version)}" for name, version in value.items())

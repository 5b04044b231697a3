"""The record of one file: all that was found out about it, in one frozen object that JSON and SQLite can hold."""

import hashlib
import json
from collections.abc import Mapping
from dataclasses import dataclass, field, fields
from typing import Any, Self

from hybridcodec.plain import made, require_time
from hybridcodec.proof.flags import Flag, Verdict


@dataclass(frozen=True, kw_only=True)
class Record:
    """What is known of one source and its output.

    Hashes are hexadecimal SHA-256 and empty where unknown; `source_samples`, `base_samples` and `exact_samples` are
    sample hashes as FORMAT.md defines them. Numbers are None where nothing was measured.

    Attributes:
        source: absolute path of the picture.
        output: path of the .hyc file below the destination, with forward slashes.
        verdict: proven, flagged or failed.
        flags: what is wrong; empty only in a proven record.
        error: the message of what went wrong, as a program gave it; may have several lines.
        profile: name of the profile.
        mode: lossless, near-lossless or perceptual.
        max_error: bound that was asked for.
        accepted_lossy: whether a loss was ever accepted for this file; once true, it stays so.
        settings: digest of the settings.
        source_bytes: size of the source.
        source_hash: of the source's bytes.
        source_samples: of what the source decodes to.
        output_bytes: size of the output.
        output_hash: of the output's bytes.
        base_samples: of the preview as a process other than the encoder decoded it.
        exact_samples: of the exact or bounded layer as that process decoded it; empty for a preview alone.
        width: columns.
        height: rows.
        channels: samples of a pixel.
        worst_error: largest error of any sub-pixel against the source; None for a preview alone.
        models: hashes of the models that the output needs.
        versions: of Python and of the packages that decided the bytes, by name: which ones, changes with releases.
        host: name of the machine.
        encoder: process that encoded; None where an existing output was proven.
        verifier: process that proved.
        started: wall clock, UTC, ISO 8601.
        finished: likewise.
        encode_seconds: by a clock that never jumps.
        verify_seconds: likewise.
        evidence: stem of the evidence files (see `evidence`), empty without.
        crop: where the evidence was cut out, as (x, y, width, height); None without.
        proofs: how often this very file was proven.
        source_deleted: whether the source was removed after the proof.
        run: number of the run that wrote the record, 0 before it is in a ledger.
        left_out: what of the source's file the output does not hold, in words: neither its samples nor its metadata,
            nor the rest of the file beside them; empty where nothing was left out.
        file_loss_accepted: whether somebody accepted that the source's file, which does not come back, goes.
        pictures: how many pictures, pages or frames the output holds; None in records of before that was counted.
        restores: whether the source's file comes back from the output, byte for byte, as it was proven to.
        unread: why no picture was taken of the source, where none was.
        samples: what the samples are, in words.
    """

    source: str
    output: str
    verdict: Verdict
    flags: tuple[Flag, ...] = ()
    error: str = ""
    profile: str = ""
    mode: str = ""
    max_error: int = 0
    accepted_lossy: bool = False
    settings: str = ""
    source_bytes: int | None = None
    source_hash: str = ""
    source_samples: str = ""
    output_bytes: int | None = None
    output_hash: str = ""
    base_samples: str = ""
    exact_samples: str = ""
    width: int | None = None
    height: int | None = None
    channels: int | None = None
    worst_error: int | None = None
    models: tuple[str, ...] = ()
    versions: Mapping[str, str] = field(default_factory=dict)
    host: str = ""
    encoder: int | None = None
    verifier: int | None = None
    started: str = ""
    finished: str = ""
    encode_seconds: float | None = None
    verify_seconds: float | None = None
    evidence: str = ""
    crop: tuple[int, int, int, int] | None = None
    proofs: int = 0
    source_deleted: bool = False
    run: int = 0
    left_out: tuple[str, ...] = ()
    file_loss_accepted: bool = False
    pictures: int | None = None
    restores: bool = False
    unread: str = ""
    samples: str = ""

    @property
    def pixels(self) -> int:
        """Number of pixels, 0 where unknown."""
        return (self.width or 0) * (self.height or 0)

    def to_dict(self) -> dict[str, Any]:
        """Return all fields as JSON knows them, in the order of their definition."""
        values = {name: getattr(self, name) for name in NAMES}
        values["verdict"] = self.verdict.value
        values["flags"] = [flag.to_dict() for flag in self.flags]
        values["models"] = list(self.models)
        values["versions"] = dict(self.versions)
        values["crop"] = list(self.crop) if self.crop else None
        values["left_out"] = list(self.left_out)
        return values

    @classmethod
    def from_dict(cls, values: Mapping[str, Any]) -> Self:
        """Return the record that `to_dict` was asked for; fields that are missing have their defaults.

        Raises:
            ValueError: the values are no record's.
        """
        if not isinstance(values, Mapping):
            raise ValueError("expected an object")
        record: Self = made(cls, {name: values[name] for name in NAMES if name in values})
        require_time(record.started)
        require_time(record.finished)
        return record

    def digest(self) -> str:
        """Return a SHA-256 over all fields, by which a ledger notices that a row was altered.

        A field that the first ledgers did not have counts only where it is not its default, so that their rows keep
        their digests.
        """
        values = self.to_dict()
        unset = {name for name in _LATER if getattr(self, name) == _DEFAULTS[name]}
        said = {name: value for name, value in values.items() if name not in unset}
        return hashlib.sha256(json.dumps(said, sort_keys=True).encode()).hexdigest()


NAMES = tuple(entry.name for entry in fields(Record))
"""Names of the fields, in order."""
_LATER = ("left_out", "file_loss_accepted", "pictures", "restores", "unread", "samples")
_DEFAULTS = {entry.name: entry.default for entry in fields(Record)}

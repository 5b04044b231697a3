"""Files that a run meets and does not encode: what each is, what becomes of it, and the sentence that says why.

Every one of them gets a record. What is no picture goes as `--on-other` says; links are never followed silently.
"""

from enum import StrEnum

from hybridcodec.proof.flags import Flag, FlagKind, Verdict


class Kind(StrEnum):
    """What a listing says of a file; only of pictures and, on request, of others an output is made."""

    PICTURE = "picture"
    OTHER = "other"
    HIDDEN = "hidden"
    OURS = "ours"
    REMADE = "remade"
    SPECIAL = "special"
    SAME = "same"
    LINKED_FOLDER = "linked folder"
    BROKEN_LINK = "broken link"
    UNREADABLE = "unreadable"


class OnOther(StrEnum):
    """What to do with regular files that are no pictures: flag, copy, keep whole in .hyc files, or leave them."""

    FLAG = "flag"
    COPY = "copy"
    KEEP = "keep"
    IGNORE = "ignore"


_WHY = {
    Kind.OTHER: "no picture by its name ({}); --on-other says what to do with such files",
    Kind.HIDDEN: "in hidden or system places ({}) nothing is looked for; name the folder or the file to have it taken",
    Kind.OURS: "belongs to a run of the pipeline, which keeps its ledger and evidence in such folders ({})",
    Kind.REMADE: "made by a system or program, which makes it again ({})",
    Kind.SPECIAL: "{}, not a regular file",
    Kind.SAME: "a link to {}, which this run has already",
    Kind.LINKED_FOLDER: "a link to a folder ({}), which is not followed; name the folder itself",
    Kind.BROKEN_LINK: "a link to a file that is not there ({})",
    Kind.UNREADABLE: "cannot be listed or read: {}",
}
_WHAT = {
    Kind.OTHER: "no pictures",
    Kind.HIDDEN: "in hidden or system places",
    Kind.OURS: "of runs of the pipeline",
    Kind.REMADE: "made by systems",
    Kind.SPECIAL: "no regular files",
    Kind.SAME: "links to files of this run",
    Kind.LINKED_FOLDER: "links to folders, not followed",
    Kind.BROKEN_LINK: "links to nothing",
    Kind.UNREADABLE: "unreadable",
}
_COPIED = frozenset({Kind.OTHER, Kind.HIDDEN})
_LEFT_ON_REQUEST = frozenset({Kind.OTHER, Kind.HIDDEN, Kind.OURS, Kind.SPECIAL})
_ALWAYS_IGNORED = frozenset({Kind.REMADE, Kind.SAME})


def is_copied(kind: Kind, on_other: OnOther) -> bool:
    """Tell whether a file of this kind comes along as it is."""
    return on_other is OnOther.COPY and kind in _COPIED


def is_kept_whole(kind: Kind, on_other: OnOther) -> bool:
    """Tell whether a file of this kind becomes a .hyc file from which it comes back."""
    return on_other is OnOther.KEEP and kind in _COPIED


def what_becomes_of(kind: Kind, on_other: OnOther) -> str:
    """Return a few words for the end of a run: what files of this kind are, and what was done with them."""
    if is_copied(kind, on_other):
        return f"{_WHAT[kind]}, copied"
    if is_kept_whole(kind, on_other):
        return f"{_WHAT[kind]}, kept whole"
    verdict, _ = why_not_taken(kind, "", on_other)
    return f"{_WHAT[kind]}, {verdict.value}"


def why_not_taken(kind: Kind, about: str, on_other: OnOther) -> tuple[Verdict, Flag]:
    """Return verdict and flag of a file that gets no output."""
    detail = _WHY[kind].format(about)
    if kind is Kind.UNREADABLE:
        return Verdict.FAILED, Flag(FlagKind.SOURCE_UNREADABLE, detail)
    ignored = kind in _ALWAYS_IGNORED or (on_other is OnOther.IGNORE and kind in _LEFT_ON_REQUEST)
    return Verdict.IGNORED if ignored else Verdict.FLAGGED, Flag(FlagKind.NOT_TAKEN, detail)

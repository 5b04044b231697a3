"""How a picture is encoded, apart from what the file promises of its samples (`fidelity`)."""

from dataclasses import dataclass

from hybridcodec.arguments import checked_preview, checked_truth
from hybridcodec.modes import Preview


@dataclass(frozen=True)
class Options:
    """Choices of an encoder.

    Attributes:
        preview: how large the preview is.
        preview_bytes: most bytes of the base layer of a preview alone: it has the largest size for which they are
            enough, or the smallest there is; None for the full size.
        matching: whether parts of a page may be coded by the help of similar places; the file then says so for ever.
            The samples are exact either way, but some guidelines for documents forbid it.
    """

    preview: Preview = Preview.AUTO
    preview_bytes: int | None = None
    matching: bool = False

    def __post_init__(self) -> None:
        """Take what stands for a choice; raises InputError where something does not."""
        object.__setattr__(self, "preview", checked_preview(self.preview))
        checked_truth("matching", self.matching)

"""How a picture is encoded, apart from what the file promises of its samples (`fidelity`)."""

from dataclasses import dataclass

from hybridcodec.arguments import checked_effort, checked_number, checked_preview, checked_truth
from hybridcodec.errors import InputError
from hybridcodec.modes import Effort, Mode, Preview

MAX_BITS_PER_PIXEL = 1000.0
MAX_BYTES = float(1 << 50)


@dataclass(frozen=True)
class Options:
    """Choices of an encoder.

    Attributes:
        preview: how large the preview is.
        preview_bytes: most bytes of the base layer of a preview alone: it has the largest scale that is worth looking
            at for so many, and the quality for which they are enough, or the lowest there is; None for the full size.
        quality: of a preview alone, 0 to 100; None for the usual one.
        target_bpp: bits per pixel that the file of a preview alone should have, without what is kept of its source;
            as near as a search comes, or the end of the coder's range; `encode_file` says where that is far off.
        target_size: the same in bytes for each picture. At most one of the three is given.
        effort: how much time a smaller file of a photograph may take, to encode and to decode; of a preview alone,
            how long to look for a better one in as many bytes, or the same in fewer.
        matching: whether parts of a page may be coded by the help of similar places; the file then says so for ever.
            The samples are exact either way, but some guidelines for documents forbid it.
        display: whether a preview alone has a display picture, generated for the eye; the file then says so.
    """

    preview: Preview = Preview.AUTO
    preview_bytes: int | None = None
    matching: bool = False
    quality: float | None = None
    target_bpp: float | None = None
    target_size: float | None = None
    display: bool = True
    effort: Effort = Effort.NORMAL

    def __post_init__(self) -> None:
        """Take what stands for a choice; raises InputError where something does not."""
        object.__setattr__(self, "preview", checked_preview(self.preview))
        object.__setattr__(self, "effort", checked_effort(self.effort))
        checked_truth("matching", self.matching)
        checked_truth("display", self.display)
        bounds = (("quality", 0.0, 100.0), ("target_bpp", 1e-6, MAX_BITS_PER_PIXEL), ("target_size", 1.0, MAX_BYTES))
        for name, low, high in bounds:
            object.__setattr__(self, name, checked_number(name, getattr(self, name), low, high))
        given = [name for name, _, _ in bounds if getattr(self, name) is not None]
        if len(given) > 1:
            raise InputError(f"a preview has one rate, found {' and '.join(given)}")

    @property
    def rated(self) -> bool:
        """Whether a rate was asked for."""
        return (self.quality, self.target_bpp, self.target_size) != (None, None, None)

    def require_mode(self, mode: Mode) -> None:
        """Refuse what does not go with a mode; raises InputError."""
        if self.rated and mode is not Mode.PERCEPTUAL:
            raise InputError(f"a rate belongs to a preview alone, perceptual mode, found {mode} mode")
        if self.effort is Effort.FAST and mode is Mode.PERCEPTUAL:
            raise InputError(f"effort {self.effort} belongs to exact layers, found {mode} mode")

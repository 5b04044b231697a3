"""A source file to a .hyc file, compared with it before the file has its name."""

import math
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from hybridcodec import codec
from hybridcodec.arguments import (
    Progress,
    checked_instance,
    checked_keep,
    checked_max_pixels,
    checked_path,
    checked_progress,
    checked_truth,
)
from hybridcodec.fidelity import Fidelity
from hybridcodec.files.proven import limited, require_proven
from hybridcodec.filing import Terms, file_source
from hybridcodec.info import Info
from hybridcodec.limits import MAX_PIXELS, memory_as_limit
from hybridcodec.machine.threads import part
from hybridcodec.modes import Keep, Mode
from hybridcodec.options import Options
from hybridcodec.proof.checks import Asked
from hybridcodec.proof.port import CODEC, Port
from hybridcodec.proof.proving import Original, prove
from hybridcodec.storage.files import naming, read_bytes, write_proven
from hybridcodec.storage.targets import HYC, require_target


@dataclass(frozen=True)
class EncodeSettings:
    """How a file is encoded; `max_error` is from 1 in near-lossless mode and 0 in every other.

    `max_pixels` refuses larger pictures, and is that of `codec.encode`, as `options` are. `keep` says whether the file
    itself must come back, byte for byte.
    """

    mode: Mode = Mode.LOSSLESS
    max_error: int = 0
    verify: bool = True
    max_pixels: int | None = MAX_PIXELS
    keep: Keep = Keep.AUTO
    options: Options = Options()  # noqa: RUF009 - frozen

    def __post_init__(self) -> None:
        """Take what stands for a mode, a number or a truth value; raises InputError where something does not."""
        fidelity = Fidelity.of(self.mode, self.max_error)
        object.__setattr__(self, "mode", fidelity.mode)
        object.__setattr__(self, "max_error", fidelity.max_error)
        object.__setattr__(self, "max_pixels", checked_max_pixels(self.max_pixels))
        object.__setattr__(self, "keep", checked_keep(self.keep))
        checked_instance("options", Options, self.options)
        checked_truth("verify", self.verify)

    @property
    def terms(self) -> Terms:
        """What is asked of the file, as one value."""
        return Terms(Fidelity(self.mode, self.max_error), self.options, self.keep, max_pixels=self.max_pixels)


OFF_TARGET: Final = 0.03
"""Share of a size that was asked for within which a file counts as having it."""


@dataclass(frozen=True)
class Encoded:
    """What `encode_file` wrote.

    `shape` is (H, W, C) of the first picture, `samples` counts the sub-pixels of all. `worst_error` is None where no
    samples were compared (not verified, perceptual, or kept as a file); `restores` tells whether the source file comes
    back byte for byte, else `left_out` names what of it does not; `unread` is why no picture was taken of it;
    `off_target` says how far a size that was asked for is out of reach, empty where it is met within `OFF_TARGET`.
    """

    shape: tuple[int, int, int]
    pictures: int
    samples: int
    source_bytes: int
    written_bytes: int
    verified: bool
    worst_error: int | None
    restores: bool
    left_out: tuple[str, ...] = ()
    unread: str = ""
    off_target: str = ""

    @property
    def growth(self) -> float:
        """Size of the .hyc file by that of its source: above 1 where it became larger, without end for an empty one."""
        return self.written_bytes / self.source_bytes if self.source_bytes else math.inf


@memory_as_limit()
def encode_file(
    source: Path | str,
    target: Path | str,
    settings: EncodeSettings,
    *,
    force: bool = False,
    progress: Progress = None,
    port: Port = CODEC,
) -> Encoded:
    """Encode the picture file `source` into the .hyc file `target`; `STREAM` stands for a standard stream.

    With `settings.verify`, what was written is read back, every layer is decoded and compared with the samples of
    `source` before `target` gets its name. `port` holds the functions of the codec; tests pass broken ones.

    Raises:
        InputError: the source is not a picture or not readable, the target exists (and `force` is false), is not
            writable, or has the name or the content of another kind of file (see `targets`), the disk is full.
        UnsupportedError: a picture of a kind that this version does not take.
        LimitError: more pixels than `settings.max_pixels`, or more memory needed than there is.
        MismatchError: what was written does not decode to what it should; nothing is left of it.
    """
    source, target, progress = checked_path(source), checked_path(target), checked_progress(progress)
    settings = checked_instance("settings", EncodeSettings, settings)
    require_target(target, HYC, force=force, source=source)
    stored = read_bytes(source)
    with naming(source):
        half = part(progress, 0.0, 0.5 if settings.verify else 1.0)
        filed = file_source(stored, settings.terms, port, half)

    def proven(written: bytes) -> int | None:
        worst = None
        if settings.verify:
            with naming(source, "what was written is not what it should be, nothing was kept: "):
                original = Original(stored, port.read_document(stored) if filed.pictures else None)
                within = limited(port, settings.max_pixels, part(progress, 0.5, 1.0))
                worst = require_proven(prove(written, original, Asked(settings.terms.fidelity), within))
        if progress is not None:
            progress(1.0)  # before the file has its name: what this raises leaves nothing behind
        return worst

    worst = write_proven(target, filed.data, proven, force=force)
    infos = codec.read_infos(filed.data)
    return Encoded(
        shape=(infos[0].height, infos[0].width, infos[0].channels) if infos else (0, 0, 0),
        pictures=filed.pictures,
        samples=sum(info.height * info.width * info.channels for info in infos),
        source_bytes=len(stored),
        written_bytes=len(filed.data),
        verified=settings.verify,
        worst_error=worst,
        restores=filed.restores,
        left_out=filed.left_out,
        unread=filed.unread,
        off_target=_off_target(settings.options, infos),
    )


def _off_target(options: Options, infos: Sequence[Info]) -> str:
    pixels = sum(info.height * info.width for info in infos)
    wanted = (options.target_bpp or 0) * pixels / 8 + (options.target_size or 0) * len(infos)
    if not wanted:
        return ""
    found = infos[0].file_bytes - infos[0].rest_bytes - infos[0].source_bytes
    if abs(found / wanted - 1) <= OFF_TARGET:
        return ""
    end = "finest" if found < wanted else "coarsest"
    return f"asked for {wanted:,.0f} bytes, found {found:,}: that is the {end} that this picture can be had in"

"""A proof: a file is decoded, put beside what it was made of picture by picture, and looked at by every check."""

import hashlib
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field, replace
from itertools import zip_longest

from hybridcodec.codec import Decoded, Info
from hybridcodec.errors import CorruptFileError, MismatchError
from hybridcodec.fidelity import Fidelity
from hybridcodec.image import Mode, Picture
from hybridcodec.keeping import Rest, joined_spans, sample_spans
from hybridcodec.proof.checks import CHECKS, Asked, Check, Comparison, sample_hash, worst_error
from hybridcodec.proof.flags import Flag, FlagKind
from hybridcodec.proof.port import CODEC, Port
from hybridcodec.sources.format import Document


@dataclass(frozen=True)
class Original:
    """What a .hyc file was made of: the bytes of a source file, and its pictures; None where none was read of it."""

    stored: bytes
    document: Document | None


@dataclass(frozen=True)
class Proof:
    """What was compared and what is wrong; without flags the file is proven.

    Attributes:
        info: what the file says of itself and its first picture.
        flags: what is wrong, of all pictures.
        pair: the first pair of pictures that has a flag, else the last; None where there is no picture.
        worst_error: largest error of any sub-pixel; None where none was compared.
        source_samples, base_samples, exact_samples: sample hashes, hexadecimal; of several pictures, see `joined`.
        models: of all pictures.
    """

    info: Info
    flags: tuple[Flag, ...] = ()
    pair: Comparison | None = None
    worst_error: int | None = None
    source_samples: str = ""
    base_samples: str = ""
    exact_samples: str = ""
    models: tuple[str, ...] = ()


def prove(
    data: bytes, original: Original, asked: Asked | None, port: Port = CODEC, checks: Sequence[Check] = CHECKS
) -> Proof:
    """Decode the .hyc file `data` and compare it with what it was made of; `asked` is None for what it says itself.

    Raises:
        HybridcodecError: it cannot be decoded, or a layer is not what its hash says.
    """
    proving = _Proving(port.read_info(data), asked, tuple(checks))
    pictures: Sequence[Picture] = original.document.pictures if original.document and proving.info.pictures else ()
    decoded = iter(decoded_pictures(data, port))
    count = 0
    for number, (found, picture) in enumerate(zip_longest(decoded, _each(pictures))):  # read once the other is decoded
        count += found is not None
        if picture is not None and found is not None:
            proving.compare(number, picture, found)
        elif picture is not None:
            proving.hashes.append((sample_hash(picture.samples), "", ""))
    if count != len(pictures):
        proving.flags.append(Flag(FlagKind.SIZE_DIFFERS, f"expected {len(pictures)} pictures, found {count}"))
    if proving.info.restores:
        proving.flags += _compared(original.stored, port.rebuild(data))
    if proving.info.rest_bytes:
        proving.flags += _rest_compared(original, port.rest(data))
    return proving.proof()


def decoded_pictures(data: bytes, port: Port = CODEC) -> Iterator[Decoded]:
    """Yield every picture of a file, each layer against its hash; a file without pictures has none.

    Raises:
        HybridcodecError: it cannot be decoded, or a layer is not what its hash says.
    """
    yield from port.decode_each(data)


def joined(hashes: Sequence[str]) -> str:
    """Return the one hash that stands for those of all pictures: itself, where there is one; "" where there is none."""
    if len(hashes) < 2 or not any(hashes):
        return "".join(hashes)
    return hashlib.sha256("".join(hashes).encode()).hexdigest()


@dataclass
class _Proving:
    """A proof on its way."""

    info: Info
    asked: Asked | None
    checks: tuple[Check, ...]
    flags: list[Flag] = field(default_factory=list)
    hashes: list[tuple[str, str, str]] = field(default_factory=list)
    models: dict[str, None] = field(default_factory=dict)
    worst: list[int] = field(default_factory=list)
    pair: Comparison | None = None

    def compare(self, number: int, picture: Picture, found: Decoded) -> None:
        """Put a picture beside what was decoded of it."""
        pair = Comparison(picture, Picture(found.samples, found.kind, found.metadata), found.info, self._asked(found))
        flags = [flag for check in self.checks for flag in check(pair)]
        if self.info.pictures > 1:
            flags = [replace(flag, detail=f"picture {number}: {flag.detail}") for flag in flags]
        if self.pair is None or not self.flags:
            self.pair = pair
        self.flags += flags
        info = found.info
        self.hashes.append((sample_hash(picture.samples), info.base_hash, info.sample_hash))
        self.models |= dict.fromkeys((*info.base_models, *info.display_models, *info.residual_models))
        if found.exact and picture.samples.shape == found.samples.shape:
            worst = [flag.worst for flag in flags if flag.worst]
            self.worst.append(max(worst) if worst else worst_error(pair))

    def _asked(self, found: Decoded) -> Asked:
        """What this picture was to be: a preview alone where the source file itself is what is exact."""
        if self.asked is None:
            return Asked.of(found.info)
        by_file = self.info.restores and not found.exact and self.asked.fidelity.mode is Mode.LOSSLESS
        return Asked(Fidelity(Mode.PERCEPTUAL)) if by_file else self.asked

    def proof(self) -> Proof:
        """What was found."""
        source, base, exact = zip(*self.hashes, strict=True) if self.hashes else ((), (), ())
        return Proof(
            self.info,
            tuple(self.flags),
            self.pair,
            max(self.worst) if self.worst else None,
            joined(source),
            joined(base),
            joined(exact),
            tuple(self.models),
        )


def _each(pictures: Sequence[Picture]) -> Iterator[Picture]:
    for number in range(len(pictures)):
        yield pictures[number]


def _compared(stored: bytes, rebuilt: Iterator[bytes]) -> list[Flag]:
    """Return what is wrong with the file that comes back."""
    place = 0
    try:
        for part in rebuilt:
            if stored[place : place + len(part)] != part:
                return [Flag(FlagKind.FILE_DIFFERS, f"the file that comes back differs after byte {place:,}")]
            place += len(part)
    except (CorruptFileError, MismatchError) as error:
        return [Flag(FlagKind.FILE_DIFFERS, f"the file does not come back: {error}")]
    if place != len(stored):
        return [Flag(FlagKind.FILE_DIFFERS, f"the file that comes back has {place:,} bytes, expected {len(stored):,}")]
    return []


def _rest_compared(original: Original, rest: Rest | None) -> list[Flag]:
    """Return what is wrong with what is kept besides the samples: other bytes, or gaps where there are no samples."""
    stored, differs = original.stored, "the rest of the file differs"
    if rest is None or rest.file_bytes != len(stored):
        found = "none" if rest is None else f"that of {rest.file_bytes:,} bytes"
        return [Flag(FlagKind.FILE_DIFFERS, f"{differs}: expected that of {len(stored):,} bytes, found {found}")]
    for start, part in rest.kept():
        if stored[start : start + len(part)] != part:
            return [Flag(FlagKind.FILE_DIFFERS, f"{differs} after byte {start:,}")]
    samples = joined_spans(sample_spans(original.document)) if original.document is not None else rest.gaps
    if joined_spans((*samples, *rest.gaps)) != samples:
        return [Flag(FlagKind.FILE_DIFFERS, f"{differs}: it leaves out something else than the samples")]
    return []

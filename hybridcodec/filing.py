"""A source file to a .hyc file, whatever is in it: its pictures, what else is kept of it, and whether it comes back.

Where `codec` knows pictures, and `keeping` recipes, this decides between them: which files come back byte for byte and
which as their pictures and metadata. A file whose own form is smaller than its pixels, such as a JPEG, is kept as that
file, packed, with a preview beside it: its pixels are then what a decoder makes of the file.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace
from typing import Any, Final

from hybridcodec_container import PieceMethod, Rest, Source

from hybridcodec.errors import HybridcodecError, InputError, UnsupportedError
from hybridcodec.fidelity import Fidelity
from hybridcodec.image import Mode, Picture
from hybridcodec.keeping import Keep, Maker, make_rest, still_left_out
from hybridcodec.limits import MAX_PIXELS
from hybridcodec.machine.threads import Progress
from hybridcodec.modes import Effort
from hybridcodec.options import Options
from hybridcodec.proof.checks import sample_hash
from hybridcodec.proof.port import CODEC, Port
from hybridcodec.sources.format import Document

FREE_SHARE: Final = 0.02
FREE_BYTES: Final = 512
"""What a recipe may cost, of the size of the file and in all cases, so that keeping the file is next to free; what
stands around the samples and would be lost without the file is no cost."""
MOST_GROWTH: Final = 1024
"""Bytes that a kept file may grow by: header, recipe, hashes."""
PREVIEW_SHARE: Final = 0.01
"""Of a file that is kept as it is, what its preview may take."""
_PIECE_BYTES: Final = 15


@dataclass(frozen=True)
class Terms:
    """What is asked of a .hyc file.

    Attributes:
        fidelity: what it promises of the samples.
        options: of the encoder.
        keep: what it gives back of the source file.
        accept_loss: whether somebody accepted a loss.
        max_pixels: refuse larger pictures; None for the limit of the format.
    """

    fidelity: Fidelity = Fidelity()  # noqa: RUF009 - frozen
    options: Options = Options()  # noqa: RUF009
    keep: Keep = Keep.AUTO
    accept_loss: bool = False
    max_pixels: int | None = MAX_PIXELS


@dataclass(frozen=True)
class Filed:
    """A .hyc file that was made of a source file.

    Attributes:
        data: the .hyc file.
        pictures: how many pictures of the source are in it.
        restores: whether the source file comes back from it, byte for byte.
        left_out: what of the source file is not kept, in words; where its samples alone come back and the rest is kept
            beside them (`keeping.rest_of`), the file itself still does not come back.
        unread: why no picture was taken, where none was.
        hashes: sample hashes, hexadecimal, of the pictures as they were read.
    """

    data: bytes
    pictures: int
    restores: bool
    left_out: tuple[str, ...] = ()
    unread: str = ""
    hashes: tuple[str, ...] = ()


def file_source(stored: bytes, terms: Terms, port: Port = CODEC, progress: Progress = None) -> Filed:
    """Return the .hyc file of a source file.

    Raises:
        InputError: the source is damaged, or is no picture, and is not to be kept as a file.
        UnsupportedError: pictures of a kind or format that is not read, likewise.
        LimitError: more pixels than allowed, or more memory needed than there is.
    """
    filing = _Filing(stored, terms, port, progress)
    try:
        return filing.filed(_read(stored, port))
    except _UnreadError as unread:
        if terms.keep is not Keep.FILE:
            raise unread.error from unread.error.__cause__
        return filing.alone(str(unread.error))


class _UnreadError(Exception):
    """The source has no picture that is read; `error` says why."""

    def __init__(self, error: HybridcodecError) -> None:
        super().__init__(str(error))
        self.error = error


@dataclass(frozen=True)
class _Filing:
    """One source file on its way."""

    stored: bytes
    terms: Terms
    port: Port
    progress: Progress

    def filed(self, document: Document) -> Filed:
        """What the terms ask for."""
        must = self.terms.keep is Keep.FILE
        if self.terms.keep is Keep.CONTENT or self.terms.fidelity.mode is not Mode.LOSSLESS:
            return self._encoded(document, self._whole if must else None)
        if document.lossy:
            return self.packed(document)
        found = self._encoded(document, *self._recipe(document))
        if must and len(found.data) > len(self.stored) + MOST_GROWTH:
            return self.packed(document)
        return found

    def packed(self, document: Document) -> Filed:
        """The file as it is, packed where a packer knows it, with previews that take a small share of what is left.

        They are of the usual effort: what was asked for is meant for what holds the picture, which is the file.
        """
        source = self._whole()
        share = int(PREVIEW_SHARE * len(self.stored))
        spared = len(self.stored) - _cost(source)
        most = share if spared > 2 * share else 0
        options = replace(self.terms.options, preview_bytes=most, effort=Effort.NORMAL)
        terms = replace(self.terms, fidelity=Fidelity(Mode.PERCEPTUAL), options=options, accept_loss=False)
        try:
            found = replace(self, terms=terms)._encoded(document, lambda: source)
        except UnsupportedError as error:
            return self.alone(str(error), source)  # no rule says what a preview shows
        if len(found.data) > len(self.stored) + MOST_GROWTH:
            return self.alone("a preview would make the file larger than its source", source)
        return found

    def alone(self, why: str, source: Source | None = None) -> Filed:
        """The file as it is, without a picture; `source` is its recipe, where that is made already."""
        return Filed(self.port.encode((), source=lambda: source or self._whole()), 0, restores=True, unread=why)

    def _recipe(self, document: Document) -> tuple[Callable[[], Source | None], Maker]:
        """What makes a recipe of the pictures, None where it costs more than it is worth, and what looks at each."""
        maker = Maker(self.stored, document.streams)

        def source() -> Source | None:
            found = maker.finish()
            free = _unmade(found, document) <= FREE_BYTES + FREE_SHARE * len(self.stored)
            return found if free or self.terms.keep is Keep.FILE else None

        return source, maker

    def _encoded(
        self, document: Document, source: Callable[[], Source | None] | None = None, maker: Maker | None = None
    ) -> Filed:
        made: list[Source | Rest | None] = []
        terms = self.terms

        def kept() -> Source | Rest | None:
            made.append((source() if source else None) or make_rest(self.stored, document))
            return made[0]

        pictures = _Pictures(document, maker)
        data = self.port.encode(
            pictures,
            mode=terms.fidelity.mode,
            max_error=terms.fidelity.max_error,
            accept_loss=terms.accept_loss,
            options=terms.options,
            source=kept,
            max_pixels=terms.max_pixels,
            progress=self.progress,
        )
        found = made[0] if made else None
        restores = isinstance(found, Source)
        left_out = still_left_out(document.left_out) if isinstance(found, Rest) else document.left_out
        left_out = () if restores else left_out
        return Filed(data, len(document.pictures), restores, left_out, hashes=tuple(pictures.hashes.values()))

    def _whole(self) -> Source:
        return Maker(self.stored).finish()


@dataclass(frozen=True)
class _Pictures(Sequence[Picture]):
    """The pictures of a document, each looked at by the maker of the recipe before it is coded."""

    document: Document
    maker: Maker | None
    hashes: dict[int, str] = field(default_factory=dict)

    def __len__(self) -> int:
        return len(self.document.pictures)

    def __getitem__(self, number: Any) -> Any:
        try:
            picture = self.document.pictures[number]
        except (InputError, UnsupportedError) as error:
            raise _UnreadError(error) from error
        if self.maker is not None:
            self.maker.take(number, picture)
        self.hashes[number] = sample_hash(picture.samples)
        return picture


def _read(stored: bytes, port: Port) -> Document:
    try:
        return port.read_document(stored)
    except (InputError, UnsupportedError) as error:
        raise _UnreadError(error) from error


def _unmade(source: Source, document: Document) -> int:
    """Return about how many bytes keeping a file costs, without what is the content of nothing else.

    What stands around the samples, and would be left out without the file, is content and no cost: patient and study of
    a DICOM file, texts of a PNG.
    """
    if not document.left_out or not document.streams:
        return _cost(source)
    recipe = source.recipe
    kept = sum(piece.length for piece in recipe.pieces if piece.method in (PieceMethod.LITERAL, PieceMethod.PACKED))
    around = recipe.file_bytes - sum(length for stream in document.streams for _, length in stream.spans)
    return _overhead(source) + max(kept - around, 0)


def _overhead(source: Source) -> int:
    return sum(_PIECE_BYTES + len(piece.parameters) for piece in source.recipe.pieces)


def _cost(source: Source) -> int:
    """Return about how many bytes a recipe and its literals take."""
    return _overhead(source) + sum(map(len, source.packed))

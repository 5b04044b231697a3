"""A .hyc file as it is looked at: its pictures one by one, exact as far as they are, with what their previews show."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import islice
from pathlib import Path
from typing import TYPE_CHECKING

from hybridcodec import codec
from hybridcodec.errors import InputError
from hybridcodec.files.decoding import pictures_of_source
from hybridcodec.image import Mode, Picture
from hybridcodec.info import Info
from hybridcodec.opening import open_picture
from hybridcodec.sources import read_document
from hybridcodec.storage.files import naming, read_bytes

if TYPE_CHECKING:
    import hybridcodec_container as container


@dataclass(frozen=True, eq=False)
class Opened:
    """A file, and what it says of each of its pictures; none is decoded before it is asked for.

    Attributes:
        data: the file.
        facts: what it says of itself and of its first picture.
        infos: what it says of each picture.
        kept: pictures of the source file, where that file is what is exact; else empty.
        original: pictures to compare with, empty without; and what their file is called.
        max_pixels: that of `codec.decode`.
    """

    data: bytes
    facts: Info
    infos: Sequence[Info]
    kept: Sequence[Picture]
    original: Sequence[Picture]
    original_name: str
    max_pixels: int | None

    @classmethod
    def read(cls, path: Path, original: Path | None, max_pixels: int | None) -> Opened:
        """Return the file `path`, to be compared with the picture file `original`.

        Raises:
            CorruptFileError, InputError, UnsupportedError, LimitError, MismatchError: as `codec.decode` does.
        """
        data = read_bytes(path)
        with naming(path):
            facts, infos = codec.read_info(data), codec.read_infos(data)
            alone = facts.restores and facts.mode in (None, Mode.PERCEPTUAL)
            kept = pictures_of_source(data, None, max_pixels) if alone else ()
        opened = cls(data, facts, infos, kept, (), "", max_pixels)
        if original is None:
            return opened
        with naming(original):
            pictures = read_document(read_bytes(original)).pictures
            if len(pictures) != opened.count:
                raise InputError(f"expected {opened.count} pictures, as {path} has, found {len(pictures)}")
        return cls(data, facts, infos, kept, pictures, original.name, max_pixels)

    @property
    def count(self) -> int:
        """How many pictures there are."""
        return len(self.infos) or len(self.kept)

    def found(self, number: int) -> container.Picture | None:
        """Return the coded parts of a picture; None where the source file is all there is."""
        return open_picture(self.data, self.max_pixels, self.asked(number)) if self.infos else None

    def asked(self, number: int) -> int | None:
        """Return by which number a picture is asked for: by none where it is the only one, so that all is proven."""
        return None if len(self.infos) == 1 else number

    def exact(self, numbers: Sequence[int]) -> Iterator[Picture | None]:
        """Yield the exact pictures of these numbers, which ascend; None for one that is a preview alone."""
        if self.kept:
            yield from (self.kept[number] for number in numbers)
        elif not numbers or all(info.mode is Mode.PERCEPTUAL for info in self.infos):
            yield from (None for _ in numbers)
        elif len(numbers) == 1:
            yield codec.decode_picture(self.data, picture=self.asked(numbers[0]), max_pixels=self.max_pixels)
        else:  # frames that are coded on each other: in one go
            wanted = set(numbers)
            each = islice(codec.decode_each(self.data, max_pixels=self.max_pixels), numbers[-1] + 1)
            decoded = (picture for number, picture in enumerate(each) if number in wanted)
            yield from (Picture(one.samples, one.kind) if one.exact else None for one in decoded)

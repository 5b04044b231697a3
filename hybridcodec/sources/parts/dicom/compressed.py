"""Pixels that lie in a DICOM file as fragments of compressed streams: each is decoded when its frame is asked for."""

from hybridcodec_container import Serial

from hybridcodec.errors import UnsupportedError
from hybridcodec.image import Picture
from hybridcodec.sources.format import Document, Stream
from hybridcodec.sources.parts.dicom.appearance import Appearance
from hybridcodec.sources.parts.dicom.codecs import CODECS, Codec
from hybridcodec.sources.parts.dicom.data_set import DataSet, uid_name
from hybridcodec.sources.parts.dicom.extent import Extent
from hybridcodec.sources.parts.dicom.fragments import Span, fragments
from hybridcodec.sources.parts.dicom.frames import Frames
from hybridcodec.sources.parts.dicom.geometry import Geometry


def compressed(data_set: DataSet, geometry: Geometry) -> Document:
    """Return the pictures of a data set whose pixels are compressed without loss.

    Raises:
        UnsupportedError: they are compressed in another way.
        InputError: fragments are missing or cut off, or nothing tells the frames apart.
    """
    codec = _codec(data_set.syntax)
    data, appearance = data_set.data, Appearance.of(data_set, geometry)
    frames = fragments(data, data_set.offset).of_frames(geometry.frames)

    def read(frame: int) -> Picture:
        return _picture(b"".join(data[at : at + length] for at, length in frames[frame]), codec, appearance)

    streams = [_stream(spans, codec, frame, geometry) for frame, spans in enumerate(frames)]
    pixels = sum(length for spans in frames for _, length in spans)
    return Document(Frames(len(frames), read), (data_set.around(pixels),), tuple(streams))


def _codec(syntax: str) -> Codec:
    if syntax not in CODECS:
        name = uid_name(syntax) or "no transfer syntax"
        taken = ", ".join(dict.fromkeys(codec.name for codec in CODECS.values()))
        raise UnsupportedError(f"found a DICOM file of compressed pixels: {name}; this version takes {taken}")
    return CODECS[syntax]


def _picture(data: bytes, codec: Codec, appearance: Appearance) -> Picture:
    words, width = codec.decode(data, appearance.geometry)
    kind = appearance.kind(Extent.of(words, width), min(appearance.geometry.stored, width))
    return appearance.picture(words, width, kind)


def _stream(spans: tuple[Span, ...], codec: Codec, frame: int, geometry: Geometry) -> Stream:
    layout = Serial(
        sample_bytes=1 if geometry.allocated <= 8 else 2, order=tuple(range(geometry.samples)), rows=geometry.rows
    )
    return Stream(spans, codec.method, frame, layout)

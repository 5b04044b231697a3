"""The mark of a picture that is no record, in an XMP packet: beside all that the source's packet says.

Where `provenance` has the words, here they are put into a packet (ISO 16684-1), as the IPTC property Digital Source
Type, as a description where there is none, and in a property of our own. The source's bytes stay as they are, but for a
Digital Source Type of theirs, which would be untrue of this picture: it moves into a property of ours. What is no
packet that can be added to is kept whole, in base64.
"""

import base64
import html
import re
from dataclasses import dataclass, field
from typing import Final
from xml.parsers import expat

from hybridcodec.provenance import Mark

OURS: Final = "urn:hybridcodec:provenance#"
_RDF: Final = "http://www.w3.org/1999/02/22-rdf-syntax-ns#"
_DC: Final = "http://purl.org/dc/elements/1.1/"
_IPTC: Final = "http://iptc.org/std/Iptc4xmpExt/2008-02-29/"
_SOURCE_TYPE, _NOTE, _BEFORE = f"{_IPTC} DigitalSourceType", f"{OURS} Picture", f"{OURS} SourceType"
_PROPERTY_DEPTH: Final = 2
"""Of properties, below RDF and a Description."""
_TAG: Final = re.compile(rb"""<(?:[^"'>]|"[^"]*"|'[^']*')*>""")
_ATTRIBUTE: Final = re.compile(rb"""\s+[^\s=:"'<>]+:(DigitalSourceType|Picture)\s*=\s*("[^"]*"|'[^']*')""")
_EMPTY: Final = (
    b'<?xpacket begin="" id="W5M0MpCehiHzreSzNTczkc9d"?><x:xmpmeta xmlns:x="adobe:ns:meta/">'
    b'<rdf:RDF xmlns:rdf="' + _RDF.encode() + b'"></rdf:RDF></x:xmpmeta><?xpacket end="w"?>'
)


def marked(xmp: bytes, mark: Mark) -> bytes:
    """Return an XMP packet with the mark of a picture, and all that the packet `xmp` of its source says."""
    if not mark:
        return xmp
    found, empty = _scan(xmp), _scan(_EMPTY)
    assert empty is not None, "our own packet can be added to"
    if found is not None:
        if (found.source_type, found.note) == (mark.source_type, mark.sentence):
            return xmp
        added = found.with_added(mark)
        if _scan(added) is not None:
            return added
    return empty.with_added(mark, _element("hyc:SourcePacket", base64.b64encode(xmp).decode()) if xmp else "")


@dataclass
class _Scan:
    """What matters of a packet: where it can be added to, and what of it would contradict the mark."""

    data: bytes
    about: str | None = None
    end: int | None = None
    described: bool = False
    remembered: bool = False
    source_type: str = ""
    note: str = ""
    spans: list[tuple[int, int]] = field(default_factory=list)

    def with_added(self, mark: Mark, kept: str = "") -> bytes:
        """Return the packet with the mark, and with `kept`, which is XML."""
        data, end = self.data, self.end
        assert end is not None, "a scan without an end is none"
        before = "" if self.remembered or not self.source_type else _element("hyc:SourceType", self.source_type)
        text = _alternative(mark.sentence) if not self.described else ""
        added = (
            f'<rdf:Description rdf:about="{html.escape(self.about or "")}" xmlns:rdf="{_RDF}" xmlns:dc="{_DC}" '
            f'xmlns:Iptc4xmpExt="{_IPTC}" xmlns:hyc="{OURS}">'
            f"{_element('Iptc4xmpExt:DigitalSourceType', mark.source_type)}"
            f"{_element('hyc:Picture', mark.sentence)}{before}{kept}{text}</rdf:Description>"
        )
        parts, start = list[bytes](), 0
        for first, last in sorted(self.spans):
            parts.append(data[start:first])
            start = last
        return b"".join((*parts, data[start:end], added.encode("ascii", "xmlcharrefreplace"), data[end:]))


def _scan(data: bytes) -> _Scan | None:
    """Return what matters of a packet; None where it is none, or one that cannot be added to in ASCII."""
    if b"\0" in data or b"<!DOCTYPE" in data:
        return None
    reader = _Reader(data)
    try:
        reader.parser.Parse(data, True)
    except (expat.ExpatError, ValueError):
        return None
    return reader.found if reader.found.end is not None else None


class _Reader:
    """Walks through a packet, element by element; depth counts from RDF."""

    def __init__(self, data: bytes) -> None:
        self.found, self.data = _Scan(data), data
        self.parser = expat.ParserCreate(namespace_separator=" ")
        self.parser.buffer_text = True
        self.parser.StartElementHandler = self._start
        self.parser.EndElementHandler = self._end
        self.parser.CharacterDataHandler = self._text
        self._depth, self._first, self._words = -1, 0, list[str]()

    def _start(self, name: str, attributes: dict[str, str]) -> None:
        if self._depth < 0:
            self._depth = 0 if name == f"{_RDF} RDF" and self.found.end is None else -1
            return
        self._depth += 1
        if self._depth == 1:
            self._description(attributes)
        elif self._depth == _PROPERTY_DEPTH:
            self._first, self._words = self.parser.CurrentByteIndex, [attributes.get(f"{_RDF} resource", "")]

    def _description(self, attributes: dict[str, str]) -> None:
        if self.found.about is None:
            self.found.about = attributes.get(f"{_RDF} about", attributes.get("about", ""))
        for name, value in attributes.items():
            self._property(name, value)
        if _SOURCE_TYPE in attributes or _NOTE in attributes:
            start = self.parser.CurrentByteIndex
            tag = _TAG.match(self.data, start)
            stop = tag.end() if tag else start
            self.found.spans += [found.span() for found in _ATTRIBUTE.finditer(self.data, start, stop)]

    def _property(self, name: str, value: str) -> None:
        self.found.described |= name == f"{_DC} description"
        self.found.remembered |= name == _BEFORE
        if name == _SOURCE_TYPE:
            self.found.source_type = value
        if name == _NOTE:
            self.found.note = value

    def _text(self, words: str) -> None:
        self._words.append(words)

    def _end(self, name: str) -> None:
        place = self.parser.CurrentByteIndex
        if self._depth == _PROPERTY_DEPTH:
            self._property(name, "".join(self._words).strip())
            if name in (_SOURCE_TYPE, _NOTE):
                self.found.spans.append((self._first, self._behind(self._first, place)))
        if self._depth == 0:
            self.found.end = place if self.data.startswith(b"</", place) else None
        self._depth -= self._depth >= 0

    def _behind(self, first: int, place: int) -> int:
        """Return where an element ends that begins at `first`, and whose last tag, if it has two, is at `place`."""
        tag = _TAG.match(self.data, first)
        if tag and not tag.group().endswith(b"/>"):
            tag = _TAG.match(self.data, place)
        return tag.end() if tag else place


def _element(name: str, text: str) -> str:
    return f"<{name}>{html.escape(text)}</{name}>"


def _alternative(text: str) -> str:
    """A text in its default language, as descriptions are."""
    return (
        f'<dc:description><rdf:Alt><rdf:li xml:lang="x-default">{html.escape(text)}</rdf:li></rdf:Alt></dc:description>'
    )

"""A picture that is no record says so in its XMP packet, and nothing that the source's packet said is lost."""

import base64
import xml.etree.ElementTree as ElementTree

import pytest
from hypothesis import given
from hypothesis import strategies as st

from hybridcodec.provenance import Mark
from hybridcodec.sources.parts.xmp import OURS, marked

RDF = "{http://www.w3.org/1999/02/22-rdf-syntax-ns#}"
DC = "{http://purl.org/dc/elements/1.1/}"
IPTC = "{http://iptc.org/std/Iptc4xmpExt/2008-02-29/}"
SPACES = (
    'xmlns:dc="http://purl.org/dc/elements/1.1/" xmlns:q="http://iptc.org/std/Iptc4xmpExt/2008-02-29/" '
    'xmlns:a="urn:else/" xmlns:exif="http://ns.adobe.com/exif/1.0/"'
)
CAPTURE = "http://cv.iptc.org/newscodes/digitalsourcetype/digitalCapture"
SOURCE_TYPES = {
    "element": f"<r:Description r:about=''><q:DigitalSourceType>{CAPTURE}</q:DigitalSourceType></r:Description>",
    "resource": f"<r:Description r:about=''><q:DigitalSourceType r:resource='{CAPTURE}'/></r:Description>",
    "attribute": f"<r:Description r:about='' a:b='x&gt;>y' q:DigitalSourceType='{CAPTURE}' a:c=\"'\"/>",
}


def packet(inner: str) -> bytes:
    text = (
        f'<?xpacket begin="\ufeff" id="W5M0MpCehiHzreSzNTczkc9d"?>\n<x:xmpmeta xmlns:x="adobe:ns:meta/">'
        f'<r:RDF xmlns:r="http://www.w3.org/1999/02/22-rdf-syntax-ns#" {SPACES}>{inner}</r:RDF></x:xmpmeta>\n'
        f'{" " * 40}<?xpacket end="w"?>'
    )
    return text.encode()


def properties(data: bytes) -> dict[str, list[str]]:
    """Values by name of all properties, in either form, as texts."""
    found: dict[str, list[str]] = {}
    rdf = ElementTree.fromstring(data).find(f".//{RDF}RDF")  # noqa: S314 - of this test
    assert rdf is not None
    for description in rdf:
        for name, value in description.attrib.items():
            if name != f"{RDF}about":
                found.setdefault(name, []).append(value)
        for element in description:
            text = element.get(f"{RDF}resource") or "".join(element.itertext())
            found.setdefault(element.tag, []).append(text)
    return found


@pytest.mark.parametrize(
    ("mark", "term"),
    [(Mark.LEARNED, "algorithmicallyEnhanced"), (Mark.GENERATED, "compositeWithTrainedAlgorithmicMedia")],
)
def test_a_mark_is_a_term_of_the_vocabulary_and_a_sentence(mark: Mark, term: str) -> None:
    found = properties(marked(b"", mark))
    assert found[f"{IPTC}DigitalSourceType"] == [f"http://cv.iptc.org/newscodes/digitalsourcetype/{term}"]
    assert found[f"{DC}description"] == found[f"{{{OURS}}}Picture"] == [mark.sentence]
    assert mark.sentence.startswith(mark.value)


def test_what_is_exact_keeps_its_packet_byte_for_byte() -> None:
    for xmp in (b"", b"anything", packet("")):
        assert marked(xmp, Mark.NONE) == xmp


def test_every_byte_of_a_packet_stays_where_nothing_contradicts() -> None:
    before = packet(
        "<r:Description r:about='uuid:7' a:rating='5'><dc:description><r:Alt>"
        "<r:li xml:lang='x-default'>Gr\u00fc\u00dfe</r:li></r:Alt></dc:description>"
        "<exif:Note>1 &lt; 2</exif:Note></r:Description>"
    )
    after = marked(before, Mark.LEARNED)
    place = before.rindex(b"</r:RDF>")
    assert after.startswith(before[:place])
    assert after.endswith(before[place:])
    found = properties(after)
    assert found[f"{DC}description"] == ["Gr\u00fc\u00dfe"]  # theirs, and one alone
    assert found[f"{{{OURS}}}Picture"] == [Mark.LEARNED.sentence]
    assert b'rdf:about="uuid:7"' in after


@pytest.mark.parametrize("form", SOURCE_TYPES)
def test_a_source_type_that_would_be_untrue_moves_and_is_not_lost(form: str) -> None:
    after = marked(packet(SOURCE_TYPES[form]), Mark.LEARNED)
    found = properties(after)
    assert found[f"{IPTC}DigitalSourceType"] == [Mark.LEARNED.source_type]
    assert found[f"{{{OURS}}}SourceType"] == [CAPTURE]
    if form == "attribute":
        assert (found["{urn:else/}b"], found["{urn:else/}c"]) == (["x>>y"], ["'"])


@pytest.mark.parametrize("form", SOURCE_TYPES)
def test_marking_again_changes_nothing_and_another_mark_replaces_the_first(form: str) -> None:
    once = marked(packet(SOURCE_TYPES[form]), Mark.LEARNED)
    assert marked(once, Mark.LEARNED) == once
    other = properties(marked(once, Mark.GENERATED))
    assert other[f"{IPTC}DigitalSourceType"] == [Mark.GENERATED.source_type]
    assert other[f"{{{OURS}}}Picture"] == [Mark.GENERATED.sentence]
    assert other[f"{{{OURS}}}SourceType"] == [CAPTURE]


@pytest.mark.parametrize(
    "xmp",
    [
        b"<x:xmpmeta/>",
        b"no XML",
        b"<a></a>",
        packet("").decode().encode("utf-16"),
        b"<!DOCTYPE a [<!ENTITY b 'c'>]>" + packet("&b;").partition(b"?>")[2],
        packet("<r:Description>")[:-30],
        packet("").replace(b"></r:RDF>", b"/>"),
    ],
)
def test_what_is_no_packet_is_kept_whole(xmp: bytes) -> None:
    found = properties(marked(xmp, Mark.LEARNED))
    assert base64.b64decode(found[f"{{{OURS}}}SourcePacket"][0]) == xmp
    assert found[f"{IPTC}DigitalSourceType"] == [Mark.LEARNED.source_type]


def test_a_deep_or_a_long_packet_is_added_to() -> None:
    deep = packet(f"<r:Description>{'<a:b>' * 5000}x{'</a:b>' * 5000}</r:Description>")
    assert marked(deep, Mark.LEARNED).count(b"DigitalSourceType>") == 2
    long = packet(f"<r:Description><a:b>{'x' * 3_000_000}</a:b></r:Description>")
    assert len(marked(long, Mark.LEARNED)) > len(long)


@given(st.binary(max_size=60), st.integers(0, 700))
def test_whatever_a_source_says_the_mark_can_be_read(noise: bytes, place: int) -> None:
    whole = packet(SOURCE_TYPES["attribute"])
    for xmp in (noise, whole[:place] + noise + whole[place:], whole[:place]):
        found = properties(marked(xmp, Mark.LEARNED))
        assert found[f"{IPTC}DigitalSourceType"] == [Mark.LEARNED.source_type]

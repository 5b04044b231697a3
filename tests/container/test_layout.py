"""FORMAT.md and layout.py say the same."""

import re
import runpy

import pytest
from container_files import FORMAT
from hybridcodec_container import layout, read_container
from hybridcodec_container.chunks import is_ancillary
from hybridcodec_container.layout import (
    ContainerMode,
    HeaderFlag,
    Kind,
    Layers,
    Method,
    Packing,
    PieceMethod,
    Record,
    Role,
    SampleFormat,
    ToneMethod,
)
from hybridcodec_container.scan import _OF_THE_FILE

DOCUMENT = (FORMAT / "FORMAT.md").read_text()
RECORDS = [
    ("Prologue", 0, layout.PROLOGUE),
    ("Chunk", 0, layout.CHUNK_HEADER),
    ("ALBM", 0, layout.ALBUM),
    ("ALBM", 1, layout.ALBUM_ENTRY),
    ("HEAD", 0, layout.HEAD),
    ("HEAD", 1, layout.REFERENCE),
    ("Layers", 0, layout.LAYER),
    ("Layers", 1, layout.MODEL),
    ("PLTE", 0, layout.PALETTE),
    ("TONE", 0, layout.TONE),
    ("TONE", 1, layout.LINEAR),
    ("TONE", 2, layout.THRESHOLD),
    ("Sample hash", 0, layout.SAMPLES),
    ("Metadata", 0, layout.METADATA),
    ("The source file", 0, layout.RECIPE),
    ("The source file", 1, layout.PIECE),
    ("The source file", 2, layout.SERIAL),
    ("The source file", 3, layout.PACKED),
    ("The rest of the source file", 0, layout.REST),
    ("The rest of the source file", 1, layout.GAP),
    ("DONE", 0, layout.DONE),
]


def tables(section: str) -> list[list[dict[str, str]]]:
    """Return the tables of a section as rows by column title."""
    text = DOCUMENT.split(f"\n## {section}\n")[1].split("\n## ")[0]
    found = []
    for block in re.findall(r"(?:^\|.*\n)+", text, re.MULTILINE):
        rows = [[cell.strip() for cell in line.strip("|\n").split("|")] for line in block.splitlines()]
        found.append([dict(zip(rows[0], row, strict=True)) for row in rows[2:]])
    return found


def table(section: str, *titles: str) -> list[dict[str, str]]:
    """Return the table of a section that has columns of these titles."""
    return next(rows for rows in tables(section) if set(titles) <= rows[0].keys())


@pytest.mark.parametrize(("section", "number", "record"), RECORDS)
def test_offset_tables_equal_the_records(section: str, number: int, record: Record) -> None:
    rows = [rows for rows in tables(section) if "offset" in rows[0]][number]
    found = [(int(row["offset"]), row["type"], row["field"]) for row in rows]
    assert found == [(place, kind, name) for place, (name, kind) in zip(record.offsets, record.fields, strict=True)]


def test_every_record_of_the_layout_has_a_table() -> None:
    assert {id(value) for value in vars(layout).values() if isinstance(value, Record)} == {id(r) for *_, r in RECORDS}


def test_kinds_equal_the_table_and_stand_in_its_order() -> None:
    rows = [row for row in table("Structure", "kind") if row["kind"] != "other"]
    assert [row["kind"].strip("`").encode() for row in rows] == [kind.value for kind in Kind]
    assert [row["must a reader know it?"] == "ancillary" for row in rows] == [is_ancillary(kind) for kind in Kind]
    of_the_file = {kind.value for kind, row in zip(Kind, rows, strict=True) if row["belongs to"] == "file"}
    assert of_the_file | {b"HEAD"} == _OF_THE_FILE


def test_ids_equal_their_tables() -> None:
    for section, title, name, ids in (
        ("HEAD", "role", "name", Role),
        ("HEAD", "mode", "name", ContainerMode),
        ("TONE", "method", "name", ToneMethod),
        ("Metadata", "method", "name", Method),
        ("The source file", "method", "name", PieceMethod),
    ):
        found = {row[name]: int(row[title]) for row in table(section, title, name)}
        assert found == {member.name: member.value for member in ids}, section
    assert {row["layer"]: 1 << int(row["bit"]) for row in table("HEAD", "bit", "layer")} == {
        layer.name: layer.value for layer in Layers
    }
    flags = {row["flag"]: 1 << int(row["bit"]) for row in table("HEAD", "bit", "flag") if row["flag"]}
    assert flags == {flag.name: flag.value for flag in HeaderFlag}
    assert table("HEAD", "bit", "flag")[0]["bit"] == "0 to 7"
    assert layout.CRITICAL_FLAGS == 0b1111_1111


def test_ids_without_a_table_of_their_own_are_named_where_they_stand() -> None:
    formats = next(row["meaning"] for row in table("HEAD", "offset") if row["field"] == "sample_format")
    assert [f"{value.value}: {value.name.lower()}" in formats for value in SampleFormat] == [True] * 2
    packing = next(row["meaning"] for row in tables("The source file")[3] if row["field"] == "packing")
    assert [f"{value.value}: " in packing for value in Packing] == [True] * 3
    assert f"Coder {layout.ABSENT} means that the tile is absent" in DOCUMENT
    assert f"by number; then `{layout.NO_CHANNEL:02x}`" in DOCUMENT
    assert f"{layout.THRESHOLDS} thresholds" in DOCUMENT


def test_limits_equal_their_table_and_each_names_an_attack() -> None:
    rows = table("Limits", "limit")
    found = {row["limit"]: eval_power(row["value"]) for row in rows}
    assert found == {name: value for name, value in vars(layout).items() if name.startswith("MAX_")}
    assert all(row["attack that it stops"] for row in rows)


def eval_power(text: str) -> int:
    base, _, exponent = text.partition("^")
    return int(base) ** int(exponent or 1)


def test_signature_and_version_are_the_ones_of_the_document() -> None:
    rows = {row["field"]: row["meaning"] for row in table("Prologue", "field")}
    assert bytes.fromhex(rows["signature"].strip("`")) == layout.SIGNATURE
    assert rows["major"].startswith(f"{layout.VERSION_MAJOR};")
    assert rows["minor"].startswith(f"{layout.VERSION_MINOR};")
    assert table("Version changes", "version")[-1]["version"] == f"{layout.VERSION_MAJOR}.{layout.VERSION_MINOR}"
    assert DOCUMENT.startswith(f"# The .hyc file format, version {layout.VERSION_MAJOR}.{layout.VERSION_MINOR}\n")
    assert tables("Sample hash")[0][0]["meaning"].strip("`").encode() == layout.SAMPLES_TAG
    assert f"the first {layout.DIGEST_BYTES} bytes of SHA-256(identity + " in DOCUMENT
    assert f"is the first {layout.IDENTITY_BYTES} bytes of SHA-256(payload of its HEAD)" in DOCUMENT


def test_hex_dump_is_the_file_that_the_writer_makes() -> None:
    dump = DOCUMENT.split("\n## Example\n")[1].split("```")[1].lstrip("\n")
    found = b""
    for line in filter(None, dump.splitlines()):
        offset, text = re.fullmatch(r"([0-9a-f]{4})  ((?:[0-9a-f]{2} )+) *.*", line).groups()
        assert int(offset, 16) == len(found), line
        found += bytes.fromhex(text)
    example = runpy.run_path(str(FORMAT / "format_example.py"))
    assert found == example["build"]()
    assert dump == example["dump"]()
    assert f"file with {len(found)} bytes" in DOCUMENT
    assert read_container(found).pictures[0].metadata.xmp == b"<x/>"

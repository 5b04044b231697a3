"""FORMAT.md and layout.py say the same."""

import re
import runpy
from pathlib import Path

import pytest
from hybridcodec_container import layout, read_container
from hybridcodec_container.chunks import is_ancillary
from hybridcodec_container.layout import ContainerMode, HeaderFlag, Kind, Method, Record

FOLDER = Path(__file__).parents[2] / "container"
DOCUMENT = (FOLDER / "FORMAT.md").read_text()
RECORDS = [
    ("Prologue", 0, layout.PROLOGUE),
    ("Chunk", 0, layout.CHUNK_HEADER),
    ("HEAD", 0, layout.HEAD),
    ("Sample hash", 0, layout.SAMPLES),
    ("Metadata", 0, layout.METADATA),
    ("TIDX", 0, layout.TILE_INDEX),
    ("TIDX", 1, layout.TILE_LENGTH),
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


def table(section: str, title: str) -> list[dict[str, str]]:
    """Return the table of a section that has a column `title`."""
    return next(rows for rows in tables(section) if title in rows[0])


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


def test_modes_methods_and_flags_equal_their_tables() -> None:
    assert {row["name"]: int(row["mode"]) for row in table("HEAD", "mode")} == {m.name: m.value for m in ContainerMode}
    assert {row["name"]: int(row["method"]) for row in table("Metadata", "method")} == {m.name: m.value for m in Method}
    flags = {row["flag"]: 1 << int(row["bit"]) for row in table("HEAD", "bit") if row["flag"]}
    assert flags == {flag.name: flag.value for flag in HeaderFlag}
    assert table("HEAD", "bit")[0]["bit"] == "0 to 7"
    assert layout.CRITICAL_FLAGS == 0b1111_1111


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
    assert f"the first {layout.DIGEST_BYTES} bytes of the SHA-256" in DOCUMENT


def test_hex_dump_is_the_file_that_the_writer_makes() -> None:
    dump = DOCUMENT.split("\n## Example\n")[1].split("```")[1].lstrip("\n")
    found = b""
    for line in filter(None, dump.splitlines()):
        offset, text = re.fullmatch(r"([0-9a-f]{4})  ((?:[0-9a-f]{2} )+) *.*", line).groups()
        assert int(offset, 16) == len(found), line
        found += bytes.fromhex(text)
    example = runpy.run_path(str(FOLDER / "format_example.py"))
    assert found == example["build"]()
    assert dump == example["dump"]()
    assert f"file with {len(found)} bytes" in DOCUMENT
    assert read_container(found).metadata.xmp == b"<x/>"

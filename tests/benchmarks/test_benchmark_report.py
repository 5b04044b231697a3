import sys
from pathlib import Path

import click
import pytest

from benchmarks.report import Table, command_line, show, write_section

TABLE = Table("Title", ("codec", "bits"), (("PNG", "4.5"), ("WebP", "3.2")))
SECTION = "# Results\n\n<!-- begin lossless kodak -->\nold\n<!-- end lossless kodak -->\n\nThe rest.\n"


def test_a_table_is_markdown() -> None:
    assert TABLE.markdown().splitlines() == [
        "**Title**", "", "| codec | bits |", "| --- | ---: |", "| PNG | 4.5 |", "| WebP | 3.2 |"
    ]  # fmt: skip


def test_a_section_is_replaced_and_the_rest_is_kept(tmp_path: Path) -> None:
    path = tmp_path / "results.md"
    path.write_text(SECTION)
    write_section(path, "lossless kodak", [TABLE], ["A note."])
    once = path.read_text()
    assert once.startswith("# Results\n")
    assert once.endswith("\nThe rest.\n")
    assert "| PNG | 4.5 |" in once
    assert "A note." in once
    assert "old" not in once
    write_section(path, "lossless kodak", [TABLE], ["A note."])
    assert path.read_text() == once


def test_a_missing_section_is_an_error_that_names_it(tmp_path: Path) -> None:
    path = tmp_path / "results.md"
    path.write_text(SECTION)
    with pytest.raises(click.ClickException, match="lossless other"):
        write_section(path, "lossless other", [TABLE], [])
    assert path.read_text() == SECTION


def test_tables_and_notes_are_printed(capsys: pytest.CaptureFixture[str]) -> None:
    show([TABLE], ["[as it is]"])
    printed = capsys.readouterr().out
    assert "WebP" in printed
    assert "[as it is]" in printed


def test_the_command_is_given_without_machine_paths(monkeypatch: pytest.MonkeyPatch) -> None:
    pictures = str(Path("bench").absolute())
    monkeypatch.setattr(sys, "argv", ["x", pictures, "--json", "out.json", "--limit", "2"])
    assert command_line("lossless") == "python -m benchmarks.lossless bench --limit 2"

"""`hybridcodec view`: where its page goes, and what it never replaces."""

from pathlib import Path

import pytest

from hybridcodec.cli import run


@pytest.fixture
def source(tmp_path: Path, lossless: bytes) -> Path:
    path = tmp_path / "photo.hyc"
    path.write_bytes(lossless)
    return path


def test_page_lies_beside_its_file_and_is_replaced_only_when_told(
    source: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    page = source.with_suffix(".html")
    assert run(["view", str(source)]) == 0
    assert capsys.readouterr().out.startswith(f"{source} -> {page}: 1 picture, ")
    assert run(["view", str(source)]) == 1
    assert "exists already" in capsys.readouterr().err
    assert run(["view", "-f", "-q", str(source)]) == 0
    assert capsys.readouterr().out == ""


def test_a_page_that_nobody_named_is_replaced_only_if_it_is_ours(
    source: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    page = source.with_suffix(".html")
    page.write_text("<!doctype html><title>my thesis</title>")
    assert run(["view", "-f", str(source)]) == 1
    assert "name the page with -o" in capsys.readouterr().err
    assert "my thesis" in page.read_text()
    assert run(["view", "-f", str(source), "-o", str(page)]) == 0
    assert 'content="hybridcodec view"' in page.read_text()


@pytest.mark.parametrize("name", ["photo.hyc", "photo.png", "ledger.sqlite"])
def test_no_file_of_another_kind_is_ever_replaced(source: Path, name: str, lossless: bytes) -> None:
    target = source.with_name(name)
    target.write_bytes(lossless)
    assert run(["view", "-f", str(source), "-o", str(target)]) == 1
    assert target.read_bytes() == lossless


def test_standard_streams_need_a_name_for_the_page(capsys: pytest.CaptureFixture[str]) -> None:
    assert run(["view", "-"]) == 2
    assert "name it with -o" in capsys.readouterr().err


def test_a_folder_becomes_a_gallery_beside_it(
    source: Path, lossless: bytes, capsys: pytest.CaptureFixture[str]
) -> None:
    page = source.parent.with_suffix(".html")
    (source.parent / ".hidden").mkdir()
    (source.parent / ".hidden" / "x.hyc").write_bytes(lossless)
    (source.parent / "cut.hyc").write_bytes(lossless[:-1])
    try:
        assert run(["view", str(source.parent)]) == 4
        said = capsys.readouterr()
        assert said.out.startswith(f"{source.parent} -> {page}: 2 files, 1 of them in full, ")
        assert said.err.startswith(f"hybridcodec: {source.parent / 'cut.hyc'}: the file ends")
        assert page.read_text().count('<article class="file"') == 2
    finally:
        page.unlink(missing_ok=True)


@pytest.mark.parametrize(("arguments", "code"), [(["x.png"], 2), (["--picture", "0"], 2), ([], 1)])
def test_a_gallery_needs_files_and_nothing_to_compare_with(tmp_path: Path, arguments: list[str], code: int) -> None:
    assert run(["view", str(tmp_path), *arguments, "-o", str(tmp_path / "page.html")]) == code
    assert list(tmp_path.iterdir()) == []

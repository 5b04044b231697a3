"""What the documents say of the pipeline is so: every command runs, every flag has its page."""

import re
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from hybridcodec.proof.flags import OPERATIONAL, FlagKind

DOCS = Path(__file__).parents[2] / "docs"


def commands() -> list[str]:
    text = (
        (DOCS / "pipeline.md")
        .read_text()
        .partition("<!-- commands: begin -->")[2]
        .partition("<!-- commands: end -->")[0]
    )
    found = [line.partition("  #")[0].strip() for line in text.splitlines() if "hybridcodec" in line]
    assert len(found) >= 10
    return found


def test_every_command_of_the_documentation_runs(tmp_path: Path) -> None:
    rng = np.random.default_rng(4)
    for name in ("photos/a.png", "photos/trip/b.png", "scans/1/p.png", "inbox/x.png"):
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        Image.fromarray(rng.integers(0, 60, (9, 11, 3), np.uint8)).save(tmp_path / name)
    ours = f'hybridcodec() {{ "{sys.executable}" -m hybridcodec "$@"; }}\n'
    for command in commands():
        shell = ["/bin/bash", "-c", ours + command]
        done = subprocess.run(shell, cwd=tmp_path, capture_output=True, text=True, check=False)
        assert done.returncode == 0, (command, done.stderr)
    names = {path.relative_to(tmp_path).as_posix() for path in tmp_path.rglob("*.hyc")}
    assert {"archive/trip/b.hyc", "archive2/a.hyc", "pages/1/p.hyc", "pages2/scans/1/p.hyc", "vault/x.hyc"} <= names
    assert not (tmp_path / "inbox" / "x.png").exists()
    assert (tmp_path / "archive.csv").read_text().count("\n") == 3


def test_readme_has_no_pipeline_command_that_is_not_run() -> None:
    lines = (DOCS.parent / "README.md").read_text().splitlines()
    ours = [line for line in lines if re.search(r"hybridcodec (pipeline|ledger|verify \S+ --ledger)", line)]
    assert [line for line in ours if line.partition("  #")[0].strip() not in commands()] == []


@pytest.mark.parametrize("kind", FlagKind)
def test_every_flag_kind_has_a_page_and_a_row(kind: FlagKind) -> None:
    page = (DOCS / "flags" / f"{kind}.md").read_text()
    assert page.startswith(f"# {kind}: ")
    assert "**What to do.**" in page
    verdict = "failed" if kind in OPERATIONAL else "flagged"
    row = rf"^\| \[{kind}\]\({kind}\.md\) \| .* \| {verdict} \|$"
    assert re.search(row, (DOCS / "flags" / "README.md").read_text(), re.MULTILINE)


def test_there_is_no_page_for_a_flag_that_is_none() -> None:
    assert {path.stem for path in (DOCS / "flags").glob("*.md")} == {"README", *FlagKind}


def test_links_of_the_documents_lead_somewhere() -> None:
    for page in (DOCS / "pipeline.md", DOCS / "cluster.md", *(DOCS / "flags").glob("*.md")):
        for target in re.findall(r"\]\((?!http)([^)]+)\)", page.read_text()):
            assert (page.parent / target).exists(), (page, target)

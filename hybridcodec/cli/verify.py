"""`hybridcodec verify`: files by themselves, one against its original, or a whole folder against its ledger."""

import re
import secrets
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import click

from hybridcodec.cli import options
from hybridcodec.cli.messages import for_each, say, say_json, say_result, warn
from hybridcodec.cli.progress import progress_bar
from hybridcodec.errors import HybridcodecError, InputError
from hybridcodec.machine import host
from hybridcodec.modes import Backend

if TYPE_CHECKING:
    from hybridcodec.pipeline.audit import Finding

_MISMATCH = 3


@dataclass(frozen=True)
class Given:
    """What `verify` was given."""

    files: tuple[Path, ...]
    against: Path | None
    backend: str
    with_ledger: bool
    ledger_file: Path | None
    head: str | None
    sample: str | None
    seed: int | None
    jobs: int | None
    as_json: bool
    max_pixels: int
    quiet: bool


@click.command("verify")
@click.argument("files", metavar="FILE...", nargs=-1, required=True, type=options.PATH)
@click.option("--against", metavar="ORIGINAL", type=options.PATH, help="Compare every sample with this picture too.")
@click.option("--backend", type=click.Choice([backend.value for backend in Backend]), default=Backend.COMPILED.value,
              help="`reference`: a second decoder reads every stream too, and both must agree.")  # fmt: skip
@click.option("--ledger", "with_ledger", is_flag=True, help="FILE is a folder, or the ledger in it: compare all of it.")
@click.option("--ledger-file", metavar="LEDGER", type=options.PATH,
              help="Like --ledger, for a folder FILE whose ledger lies elsewhere.")  # fmt: skip
@click.option("--head", metavar="HASH", help="With --ledger: what `ledger head` printed when all was well.")
@click.option("--sample", metavar="5%|n/t", help="With --ledger: a random share, or the n-th of t parts.")
@click.option("--seed", type=int, help="Of the random share; one that was drawn is said.")
@click.option("-j", "--jobs", type=click.IntRange(1, 1024), help="With --ledger: at a time. [default: one a core]")
@click.option("--json", "as_json", is_flag=True, help="One JSON object a line.")
@options.max_pixels
@options.quiet
@options.gathered(Given)
def command(ctx: click.Context, given: Given) -> None:
    """Check that .hyc files are whole and decode to what they should.

    With --ledger, every output that the ledger of a pipeline calls proven is read, decoded and compared with its
    record; 0 means that all of them are what they were, 3 that something is wrong, 1 that there is no file to look at.
    """
    if given.against is not None and len(given.files) != 1:
        raise click.UsageError(f"--against compares one file with one picture, found {len(given.files)} files")
    with_ledger = given.with_ledger or given.ledger_file is not None
    if with_ledger and (given.against is not None or len(given.files) != 1):
        raise click.UsageError("--ledger takes one folder and no original")
    for name, value in (("--sample", given.sample), ("--head", given.head)):
        if value is not None and not with_ledger:
            raise click.UsageError(f"{name} needs --ledger")
    if with_ledger:
        ctx.exit(_verify_folder(*_places(given.files[0], given.ledger_file), given))

    def verify_one(file: Path, _: Path) -> None:
        if file.is_dir():
            raise InputError(f"{file}: is a folder; with --ledger all of it is compared with its ledger")
        _verify_file(file, given)

    ctx.exit(for_each([(file, file) for file in given.files], verify_one))


def _verify_file(file: Path, given: Given) -> None:
    from hybridcodec.files import verify_file

    try:
        with progress_bar(f"verify {file.name}", quiet=given.quiet or given.as_json) as progress:
            info = verify_file(
                file, against=given.against, backend=given.backend, max_pixels=given.max_pixels, progress=progress
            )
    except HybridcodecError as error:
        if given.as_json:
            say_json({"file": str(file), "ok": False, "error": str(error), "exit_code": error.exit_code})
        raise
    if given.as_json:
        say_json(
            {
                "file": str(file),
                "ok": True,
                "against": str(given.against) if given.against else None,
                "info": info.to_dict(),
            }
        )
        return
    bound = f" within {info.max_error}" if info.max_error else ""
    compared = f", the same as {given.against}{bound}" if given.against else ""
    found = info.mode if info.pictures else "a file that is kept without a picture"
    say_result(f"{file}: ok, {found}{compared}", file, quiet=given.quiet)


def _places(path: Path, ledger_file: Path | None) -> tuple[Path, Path]:
    """Return the ledger and the folder that its outputs are in; a folder that is named wins over what it says.

    Raises:
        InputError: one of them is missing, or nothing tells where the outputs are.
    """
    from hybridcodec.pipeline.ledger import Ledger, find_ledger

    place = find_ledger(path if ledger_file is None else ledger_file)
    if ledger_file is not None or path.is_dir():
        folder: Path | None = path
    else:
        with Ledger.open(place) as ledger:
            folder = ledger.destination
    if folder is None or not folder.is_dir():
        says = f"names {folder} for its outputs, which is no folder" if folder else "does not say where its outputs are"
        raise InputError(f"{place}: the ledger {says}; name both: verify FOLDER --ledger-file {place}")
    return place, folder


def _head(text: str | None) -> str:
    found = (text or "").strip().lower()
    if text is not None and not re.fullmatch("[0-9a-f]{64}", found):
        raise click.BadParameter("expected the 64 hexadecimal digits that `ledger head` prints", param_hint="--head")
    return found


def _verify_folder(place: Path, folder: Path, given: Given) -> int:
    from hybridcodec.pipeline.audit import Sample, audit
    from hybridcodec.pipeline.crew import Crew
    from hybridcodec.pipeline.ledger import Ledger
    from hybridcodec.pipeline.task import WORKERS, Limits

    head = _head(given.head)
    seed = secrets.randbits(32) if given.seed is None else given.seed
    chosen = Sample.parse(given.sample, seed) if given.sample else Sample()
    if chosen.share < 1:
        warn(f"the sample has the seed {seed}")
    jobs = given.jobs or host.cores()
    limits = Limits(memory=host.memory() // jobs, module=WORKERS[Backend(given.backend)])
    tell = _say_json if given.as_json else _say_words
    wrong = right = 0
    with Ledger.open(place) as ledger, Crew(limits) as crew:
        for finding in audit(ledger, folder, crew, jobs, chosen, head):
            wrong, right = wrong + bool(finding.flags), right + (not finding.flags)
            if finding.flags or not given.quiet:
                tell(finding)
        known = bool(wrong or right) or any(record.proofs for record in ledger.records())
    if not known:
        raise InputError(f"{place}: no file to look at: the ledger has no proof of any output")
    if not wrong and not right:  # all parts together are everything; of few files, some parts have none
        warn(f"no file to look at in the part {given.sample}")
    if not given.as_json and not given.quiet:
        say(f"{right:,} files are what the ledger says, {wrong:,} are not")
    return _MISMATCH if wrong else 0


def _say_json(finding: "Finding") -> None:
    say_json(finding.to_dict())


def _say_words(finding: "Finding") -> None:
    if not finding.flags:
        say(f"{finding.path}: ok, {finding.record.mode}")
        return
    reasons = "; ".join(f"{flag.kind.value}: {flag.detail}" for flag in finding.flags)
    warn(f"{finding.path}: {reasons}")

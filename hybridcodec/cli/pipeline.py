"""`hybridcodec pipeline`: prove a whole collection, on this machine or on a cluster."""

import signal
import threading
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager, nullcontext, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, cast

import click

from hybridcodec.cli import options
from hybridcodec.cli.endings import ENDING, is_ignored
from hybridcodec.cli.live import show_progress
from hybridcodec.cli.messages import say_error, say_result, warn
from hybridcodec.errors import HybridcodecError, InputError, UnsupportedError
from hybridcodec.machine import host
from hybridcodec.modes import Backend, Effort, Keep, Mode, Preview
from hybridcodec.storage.files import binary_stream
from hybridcodec.storage.targets import PICTURE_SUFFIXES

if TYPE_CHECKING:
    from hybridcodec.pipeline.engine import Engine
    from hybridcodec.pipeline.listing import Listing
    from hybridcodec.pipeline.path_list import Source
    from hybridcodec.pipeline.progress import Progress
    from hybridcodec.pipeline.record import Record
    from hybridcodec.pipeline.run import Order
    from hybridcodec.pipeline.task import Limits

_UNITS = {"": 1, "k": 1 << 10, "m": 1 << 20, "g": 1 << 30, "t": 1 << 40}
_NAMES = 8  # of files that are no pictures, at the end of a run
_FLAGGED, _FAILED = 3, 1
_AGAIN = "run the same command again to go on; what is proven will be skipped"


class Size(click.ParamType[int]):
    """A number of bytes such as 800M or 4G."""

    name = "size"

    def convert(self, value: object, param: click.Parameter | None, ctx: click.Context | None) -> int:
        """Return the bytes."""
        text = str(value).strip().lower()
        number, unit = (text[:-1], text[-1]) if text[-1:].isalpha() else (text, "")
        if unit not in _UNITS or not number.isdigit():
            self.fail(f"expected a size such as 800M or 4G, found {value!r}", param, ctx)
        return int(number) * _UNITS[unit]


@dataclass(frozen=True)
class Given:
    """What `pipeline` was given."""

    sources: tuple[str, ...]
    destination: Path
    profile: str
    mode: str | None
    max_error: int | None
    keep: str | None
    preview: str
    allow_matching: bool
    effort: str
    accept_lossy: bool
    jobs: int | None
    time_limit: float
    memory: int
    cluster: str | None
    backend: str
    recheck: bool
    overwrite: bool
    delete_source: bool
    accept_file_loss: bool
    on_other: str
    keep_suffix: bool
    null: bool
    ledger: Path | None
    quiet: bool


@click.command("pipeline")
@click.argument("sources", metavar="SRC...", nargs=-1, required=True)
@click.argument("destination", metavar="DST", type=click.Path(path_type=Path))
@click.option(
    "--profile",
    type=click.Choice(["photo", "document", "medical"]),
    required=True,
    help="What the pictures are. Documents and medical pictures keep every sample unless a loss is accepted.",
)
@click.option("--mode", type=click.Choice([mode.value for mode in Mode]), help="Instead of the profile's (lossless).")
@options.max_error
@options.keep
@options.preview
@options.allow_matching
@options.effort
@click.option("--accept-lossy", is_flag=True, help="Accept that content may change; files and records say so for ever.")
@click.option("-j", "--jobs", type=click.IntRange(1, 1024), help="Files at a time. [default: one a core]")
@click.option("--time-limit", type=click.FloatRange(0.1), default=600.0, show_default=True, metavar="SECONDS",
              help="For encoding, and again for proving, one file.")  # fmt: skip
@click.option("--memory", type=Size(), default=0, metavar="SIZE",
              help="For one file, beyond what a process holds anyway. [default: the machine's / jobs]")  # fmt: skip
@click.option("--cluster", metavar="ADDRESS", help="A Dask scheduler, tcp://HOST:PORT, or `local`.")
@click.option("--backend", type=click.Choice([backend.value for backend in Backend]), default=Backend.COMPILED.value,
              help="`reference`: in proofs a second decoder reads every stream too, and both must agree.")  # fmt: skip
@click.option("--recheck", is_flag=True, help="Prove again what the ledger says is proven.")
@click.option("--overwrite", is_flag=True, help="Replace outputs that are in the way or not what the ledger says.")
@click.option("--delete-source", is_flag=True, help="Remove each source after its proof is in the ledger, "
              "if its file comes back from the output.")  # fmt: skip
@click.option(
    "--accept-file-loss", is_flag=True, help="Remove sources also where their files do not come back; records say so."
)
@click.option("--on-other", type=click.Choice(["flag", "copy", "keep", "ignore"]), default="flag", show_default=True,
              help="Files that are no pictures: flag each, copy them byte for byte, keep them whole in .hyc files "
              "(with --keep file), or leave them.")  # fmt: skip
@click.option("--keep-suffix", is_flag=True, help="Call outputs a.png.hyc and not a.hyc.")
@click.option("-0", "--null", is_flag=True, help="Paths in a list end with a zero byte, as `find -print0` writes them.")
@click.option("--ledger", type=options.PATH, help="Instead of DST/.hybridcodec/ledger.sqlite; on a local disk.")
@options.quiet
@options.gathered(Given)
def command(ctx: click.Context, given: Given) -> None:
    """Encode collections of pictures so that nothing unproven gets a name.

    SRC is files, folders, patterns such as 'in/**/*.png', or - for a list on standard input, one path a line. The tree
    is mirrored in DST. Each file is decoded from disk by another process and compared in every sample and its metadata.
    Every file that is met has a record, pictures or not. Run again to go on: what is proven is skipped. Exit codes: 0
    all proven, 3 some flagged, 1 some failed, some sources not deleted or the run broke off, 130 interrupted.
    """
    from hybridcodec.pipeline.listing import LIST, Listing
    from hybridcodec.pipeline.path_list import read_paths
    from hybridcodec.pipeline.progress import Progress
    from hybridcodec.pipeline.run import run_pipeline
    from hybridcodec.pipeline.task import WORKERS, Limits

    order = _order(given)
    lines = (
        read_paths(cast("Source", binary_stream("standard input")), null=given.null) if LIST in given.sources else None
    )
    listing = Listing(given.sources, given.destination, given.keep_suffix, lines, given.ledger)
    jobs = given.jobs or host.cores()
    limits = Limits(given.time_limit, given.memory or host.memory() // jobs, WORKERS[Backend(given.backend)])
    progress, stop = Progress(), threading.Event()
    _count_ahead(listing, progress)
    problem = None
    with (
        _engine(given.cluster, jobs, limits) as engine,
        show_progress(progress, quiet=given.quiet) as tell,
        _stopping(stop, tell),
    ):

        def watch(record: "Record | None") -> None:
            _say_what_is_wrong(record, tell)

        try:
            run_pipeline(order, listing, engine, stop=stop, progress=progress, watch=watch)
        except HybridcodecError as error:
            if not progress.files:
                raise
            problem = error
    ending = _THROUGH if progress.through else _STOPPED if problem is None else _BROKEN
    code = _conclude(progress, listing, given, ending)
    if problem is not None:
        say_error(problem)
    if ending.advice:
        warn(f"{ending.word} after {progress.files:,} files: {ending.advice}")
    ctx.exit(code or (problem.exit_code if problem is not None else 0))


@dataclass(frozen=True)
class _Ending:
    """How a run came to its end; `code` goes before what was found, since nobody looked at the rest."""

    word: str = ""
    advice: str = ""
    code: int = 0


_THROUGH = _Ending()
_STOPPED = _Ending("interrupted", _AGAIN, 130)
_BROKEN = _Ending("broke off", f"the others were not looked at; {_AGAIN}", _FAILED)


def _order(given: Given) -> "Order":
    """Return what is asked of the run; raises InputError where the destination is no folder by its name."""
    from hybridcodec.pipeline.others import OnOther
    from hybridcodec.pipeline.profiles import Profile, settings_for
    from hybridcodec.pipeline.run import Order

    destination = given.destination
    if destination.suffix.lower() in PICTURE_SUFFIXES and not destination.is_dir():
        raise InputError(
            f"{destination}: cannot be used as destination: it has the name of a picture; was DST forgotten?"
        )
    settings = settings_for(
        Profile(given.profile),
        mode=Mode(given.mode) if given.mode else None,
        max_error=given.max_error or 0,
        accept_lossy=given.accept_lossy,
        keep=Keep(given.keep) if given.keep else None,
        preview=Preview(given.preview),
        matching=given.allow_matching,
        effort=Effort(given.effort),
    )
    return Order(
        destination,
        settings,
        given.ledger,
        given.recheck,
        given.overwrite,
        given.delete_source,
        given.accept_file_loss,
        OnOther(given.on_other),
    )


def _conclude(progress: "Progress", listing: "Listing", given: Given, ending: _Ending) -> int:
    """Say what was found and return the exit code."""
    from hybridcodec.proof.flags import Verdict

    progress.total = None
    _say_what_is_no_picture(listing, given.on_other)
    if ending is _THROUGH and not progress.files:
        raise InputError("found no files to work on")
    counts = progress.counts
    if progress.kept:
        found = "source was" if progress.kept == 1 else "sources were"
        warn(f"{progress.kept:,} {found} not deleted, see above")
    if progress.holding_more:
        found = (
            "source holds more than its output"
            if progress.holding_more == 1
            else "sources hold more than their outputs"
        )
        warn(f"{progress.holding_more:,} {found}: left_out in `hybridcodec ledger export`, and the report, say what")
    if progress.without_picture:
        found = "file was" if progress.without_picture == 1 else "files were"
        said = f"{progress.without_picture:,} {found} kept whole, without a picture"
        warn(f"{said}: unread in `hybridcodec ledger export` says why")
    code = ending.code or (_FLAGGED if counts[Verdict.FLAGGED] else 0)
    code = code or (_FAILED if counts[Verdict.FAILED] or progress.kept else 0)
    if given.quiet and progress.grown:
        found = "output is larger than its source" if progress.grown == 1 else "outputs are larger than their sources"
        warn(f"{progress.grown:,} {found}")
    try:
        how = f"; {ending.word}" if ending.word else ""
        say_result(f"{counts[Verdict.PROVEN]:,} proven; {progress.line()}{how}", Path(), quiet=given.quiet)
    except InputError as error:  # all of it is in the ledger
        say_error(error)
        code = code or _FAILED
    return code


def _say_what_is_wrong(record: "Record | None", tell: Callable[[str], None]) -> None:
    from hybridcodec.proof.flags import Verdict

    if record is None or record.verdict is Verdict.IGNORED or not (record.flags or record.error):
        return
    reasons = [f"{flag.kind.value}: {flag.detail}" for flag in record.flags] or [record.error]
    tell(f"hybridcodec: {record.source}: {record.verdict.value}: {'; '.join(reasons)}")


def _say_what_is_no_picture(listing: "Listing", on_other: str) -> None:
    """Count by name what was met and not encoded."""
    from hybridcodec.pipeline.others import OnOther, what_becomes_of

    for kind, counter in listing.others.items():
        most = counter.most_common(_NAMES)
        rest = counter.total() - sum(count for _, count in most)
        names = ", ".join(f"{count:,} {about}".strip() for about, count in [*most, *([("more", rest)] if rest else [])])
        warn(f"{what_becomes_of(kind, OnOther(on_other))}: {names}")


@contextmanager
def _stopping(stop: threading.Event, tell: Callable[[str], None]) -> Iterator[None]:
    """Let the first Ctrl-C, SIGTERM or SIGHUP finish the files in hand, and the second end the run at once.

    A handler must not print, since it may have interrupted a print; a thread does, past the line that shows progress.
    """
    caught: list[int] = []
    woken = threading.Event()

    def handle(number: int, frame: object) -> None:  # noqa: ARG001
        if caught:
            raise KeyboardInterrupt
        caught.append(number)
        stop.set()
        woken.set()

    def say_so() -> None:
        woken.wait()
        if caught:
            tell("hybridcodec: finishing the files in hand; interrupt again to drop them")

    teller = threading.Thread(target=say_so, daemon=True)
    asked = (signal.SIGINT, signal.SIGTERM)  # also where a shell started this in the background, without Ctrl-C
    before = {number: signal.signal(number, handle) for number in ENDING if number in asked or not is_ignored(number)}
    teller.start()
    try:
        yield
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)
        woken.set()
        teller.join()


def _engine(cluster: str | None, jobs: int, limits: "Limits") -> "AbstractContextManager[Engine]":
    if cluster is None:
        from hybridcodec.pipeline.engine import LocalEngine

        return nullcontext(LocalEngine(jobs, limits))
    try:
        from hybridcodec.pipeline.cluster import ClusterEngine
    except ImportError as error:
        raise UnsupportedError("--cluster needs Dask: install distributed, or the extra [cluster]") from error
    handler = signal.signal(signal.SIGINT, signal.SIG_IGN)  # what a cluster starts here leaves Ctrl-C to us
    try:
        return ClusterEngine(cluster, jobs, limits)
    finally:
        signal.signal(signal.SIGINT, handler)


def _count_ahead(listing: "Listing", progress: "Progress") -> None:
    """Find out beside the work how many files there are, for the time left."""

    def count() -> None:
        with suppress(InputError):  # the run says so
            progress.total = listing.count()

    threading.Thread(target=count, daemon=True).start()

"""`hybridcodec report`."""

from pathlib import Path

import click

from hybridcodec.cli import options
from hybridcodec.cli.messages import say_error, say_result
from hybridcodec.errors import MismatchError


@click.command("report")
@click.argument("ledger", metavar="LEDGER", type=options.PATH)
@click.argument("target", metavar="OUT.html", type=options.PATH)
@options.force
@options.quiet
@click.pass_context
def command(ctx: click.Context, ledger: Path, target: Path, force: bool, quiet: bool) -> None:
    """Show a ledger as one page that needs nothing else: LEDGER is the file or the destination folder of a pipeline."""
    from hybridcodec.report import write_report

    done = write_report(ledger, target, force=force)
    left_out = f", {done.left_out:,} left out" if done.left_out else ""
    line = f"{ledger} -> {target}: {done.rows:,} records{left_out}, pictures of {done.pictures:,} differences"
    say_result(line, target, quiet=quiet)
    for fault in done.altered:
        say_error(MismatchError(f"{ledger}: {fault}"))
    ctx.exit(MismatchError.exit_code if done.altered else 0)

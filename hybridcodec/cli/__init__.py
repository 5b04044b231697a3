"""The `hybridcodec` command: its group, and what every subcommand ends with.

One file a subcommand; each parses, calls one library function and says what came of it. Nothing heavier than click is
imported before a subcommand runs, so that `--help` and `info` answer at once.

Exit codes: 0 ok, 1 error, 2 usage, 3 mismatch, 4 corrupt file, 5 unsupported or over a limit, 128 and the number of a
signal that ended it (130 for Ctrl-C).
"""

import errno
import gc
import os
import sys
from collections.abc import Sequence
from importlib import import_module
from typing import NoReturn

import click

from hybridcodec.cli.encoding import read_names_as_utf8
from hybridcodec.cli.endings import end_on_signals
from hybridcodec.cli.messages import say_error, usage_line, warn
from hybridcodec.cli.streams import release_streams, take_streams, write_error
from hybridcodec.errors import HybridcodecError
from hybridcodec.isolation import leave_current_folder
from hybridcodec.limits import memory_as_limit

_COMMANDS = ("encode", "decode", "restore", "info", "verify", "extract", "view", "pipeline", "ledger", "report", "warm")
_INTERRUPTED = 130
_GARBAGE = 200_000
"""New objects that the collector waits for: modules make many that stay, and looking at them is a tenth of a start."""


class Commands(click.Group):
    """A group that imports the module of a subcommand when that is asked for."""

    def list_commands(self, ctx: click.Context) -> list[str]:  # noqa: ARG002
        """Return the names in the order in which `--help` shows them."""
        return list(_COMMANDS)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:  # noqa: ARG002
        """Return `command` of the module of that name, None for an unknown one."""
        if cmd_name not in _COMMANDS:
            return None
        command = import_module(f"hybridcodec.cli.{cmd_name}").command
        return command if isinstance(command, click.Command) else None


@click.group(cls=Commands, context_settings={"help_option_names": ["-h", "--help"]})
@click.version_option(package_name="hybridcodec")
def commands() -> None:
    """Keep a picture and its preview in one verified .hyc file.

    A dash stands for standard input or output. Exit codes: 0 ok, 1 error, 2 usage, 3 mismatch, 4 corrupt file,
    5 unsupported or over a limit.
    """


def main() -> NoReturn:
    """Run the command line of this process and exit with its code."""
    os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")  # its threads wait awake, and we have our own
    gc.set_threshold(_GARBAGE)
    leave_current_folder()
    read_names_as_utf8()
    take_streams()
    end_on_signals()
    try:
        code = run(sys.argv[1:])
    except SystemExit as end:  # a signal
        code = end.code if isinstance(end.code, int) else 1
    code = release_streams(code)
    gc.freeze()  # what is left goes with the process: nobody needs to look for cycles in it
    sys.exit(code)


def run(arguments: Sequence[str]) -> int:
    """Run one command line and return its exit code; every expected failure becomes one line on standard error."""
    try:
        with memory_as_limit():
            code = commands.main(list(arguments), prog_name="hybridcodec", standalone_mode=False)
    except HybridcodecError as error:
        say_error(error)
        return error.exit_code
    except click.Abort as abort:
        if not isinstance(abort.__cause__, EOFError):
            return _INTERRUPTED
        say_error(HybridcodecError("something ended before its end"))  # click takes it for the end of a dialogue
        return HybridcodecError.exit_code
    except click.exceptions.NoArgsIsHelpError as error:
        write_error(error.ctx.get_help())
        return error.exit_code
    except click.ClickException as error:
        write_error(usage_line(error))
        return error.exit_code
    except OSError as error:  # of the help, which click prints, or no current folder; others are translated earlier
        lost = error.errno == errno.ENOENT and not error.filename
        warn(f"{error.filename or ('the current folder' if lost else 'standard output')}: {error.strerror}")
        return HybridcodecError.exit_code
    return code if isinstance(code, int) else 0

"""The `hybridcodec` command: its group, and what every subcommand ends with.

One file a subcommand; each parses, calls one library function and says what came of it. Nothing heavier than click is
imported before a subcommand runs, so that `--help` and `info` answer at once.

Exit codes: 0 ok, 1 error, 2 usage, 3 mismatch, 4 corrupt file, 5 unsupported or over a limit, 130 interrupted.
"""

import signal
import sys
from collections.abc import Sequence
from importlib import import_module
from typing import NoReturn

import click

from hybridcodec.cli.messages import say_error
from hybridcodec.errors import HybridcodecError
from hybridcodec.isolation import leave_current_folder

_COMMANDS = ("encode", "decode", "info", "verify", "extract", "pipeline", "ledger", "report")
_INTERRUPTED, _TERMINATED = 130, 143


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
    leave_current_folder()
    signal.signal(signal.SIGTERM, _terminate)
    sys.exit(run(sys.argv[1:]))


def run(arguments: Sequence[str]) -> int:
    """Run one command line and return its exit code; every expected failure becomes one line on standard error."""
    try:
        code = commands.main(list(arguments), prog_name="hybridcodec", standalone_mode=False)
    except HybridcodecError as error:
        say_error(error)
        return error.exit_code
    except click.Abort:
        return _INTERRUPTED
    except click.ClickException as error:
        error.show()
        return error.exit_code
    return code if isinstance(code, int) else 0


def _terminate(number: int, frame: object) -> NoReturn:  # noqa: ARG001
    """End as an exception would, so that temporary files are removed."""
    sys.exit(_TERMINATED)

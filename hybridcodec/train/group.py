"""The commands that train the models that ship in the package."""

from __future__ import annotations

from typing import Any, NoReturn

import click

from hybridcodec.cli.messages import usage_line
from hybridcodec.display import shown
from hybridcodec.errors import HybridcodecError
from hybridcodec.train.adaptive_commands import export_adaptive
from hybridcodec.train.recipe_commands import measure_variable, recipe
from hybridcodec.train.texture_commands import export_texture
from hybridcodec.train.variable_commands import export_variable


class _OneLineErrors(click.Group):
    """Says our errors, those of places that cannot be written, and those of usage in one line, with their exit code."""

    def invoke(self, ctx: click.Context) -> Any:
        try:
            return super().invoke(ctx)
        except HybridcodecError as error:
            click.echo(shown(f"hybridcodec.train: {error}"), err=True)
            ctx.exit(error.exit_code)
        except OSError as error:  # a folder that cannot be made, a disk that is full
            click.echo(shown(f"hybridcodec.train: {error.filename or 'a file'}: {error.strerror or error}"), err=True)
            ctx.exit(1)
        except click.UsageError as error:
            _say_usage(ctx, error)

    def parse_args(self, ctx: click.Context, args: list[str]) -> list[str]:
        try:
            return super().parse_args(ctx, args)
        except click.exceptions.NoArgsIsHelpError:
            raise
        except click.UsageError as error:
            _say_usage(ctx, error)


def _say_usage(ctx: click.Context, error: click.UsageError) -> NoReturn:
    click.echo(usage_line(error), err=True)
    ctx.exit(error.exit_code)


@click.group(cls=_OneLineErrors)
def main() -> None:
    """Train the networks and export them as integer models."""


main.add_command(export_adaptive)
main.add_command(export_variable)
main.add_command(export_texture)
main.add_command(recipe)
main.add_command(measure_variable)

"""What click declares and what a command takes are the same names."""

import dataclasses
from importlib import import_module

import click
import pytest
from click.testing import CliRunner

from hybridcodec.cli.options import gathered


@dataclasses.dataclass(frozen=True)
class Given:
    name: str
    loud: bool


def test_a_command_takes_its_context_and_one_value_with_all_that_was_given() -> None:
    taken = []

    @click.command()
    @click.argument("name")
    @click.option("--loud", is_flag=True)
    @gathered(Given)
    def command(ctx: click.Context, given: Given) -> None:
        """Say a name."""
        taken.append(given)
        ctx.exit(7)

    assert CliRunner().invoke(command, ["x", "--loud"]).exit_code == 7
    assert taken == [Given("x", True)]
    assert command.help == "Say a name."


@pytest.mark.parametrize(
    ("module", "command", "options"),
    [
        *[(f"cli.{name}", "command", "Given") for name in ("decode", "encode", "pipeline")],
        *[(f"cli.{name}", "command", "Given") for name in ("restore", "verify", "view")],
        ("train.recipe_commands", "recipe", "RecipeGiven"),
    ],
)
def test_the_fields_of_a_commands_options_are_its_parameters(module: str, command: str, options: str) -> None:
    home = import_module(f"hybridcodec.{module}")
    parameters = {parameter.name for parameter in getattr(home, command).params}
    assert parameters == {field.name for field in dataclasses.fields(getattr(home, options))}

"""`python -m hybridcodec.train`: train the models that ship in the package."""

from __future__ import annotations

import click

from hybridcodec.train.commands import base, export
from hybridcodec.train.residual_commands import export_residual, residual


@click.group()
def main() -> None:
    """Train the networks and export them as integer models."""


main.add_command(base)
main.add_command(export)
main.add_command(residual)
main.add_command(export_residual)

if __name__ == "__main__":
    main()

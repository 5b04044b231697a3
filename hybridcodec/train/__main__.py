"""`python -m hybridcodec.train`: train the models that ship in the package."""

from __future__ import annotations

import click

from hybridcodec.train.commands import base


@click.group()
def main() -> None:
    """Train the networks and export them as integer models."""


main.add_command(base)

if __name__ == "__main__":
    main()

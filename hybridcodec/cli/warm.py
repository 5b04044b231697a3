"""`hybridcodec warm`."""

import click

from hybridcodec.cli import options
from hybridcodec.cli.messages import say
from hybridcodec.cli.progress import progress_bar


@click.command("warm")
@options.quiet
def command(quiet: bool) -> None:
    """Compile what encoding and decoding need, and keep it, so that no later command has to.

    Nothing is compiled twice: what is there already is said. It lies in the package's folder or the user's cache;
    NUMBA_CACHE_DIR names another place.
    """
    from hybridcodec.warming import warm

    with progress_bar("warm", quiet=quiet) as progress:
        found = warm(progress)
    places = f"kept below {found.folder}" if found.folder else "there is no place to keep them"
    if not quiet:
        say(f"{found.compiled} kernels compiled in {found.seconds:.1f} s, {found.there} were there; {places}")

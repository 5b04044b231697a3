"""`hybridcodec info`: what the header says; nothing is decoded, and no model is loaded."""

from pathlib import Path

import click

from hybridcodec.cli import options
from hybridcodec.cli.messages import restored, say, say_json
from hybridcodec.storage.files import naming, read_bytes


@click.command("info")
@options.source
@options.picture
@click.option("--json", "as_json", is_flag=True, help="One JSON object on one line.")
def command(source: Path, picture: int | None, as_json: bool) -> None:
    """Show what a .hyc file says about itself, and about its first picture, or the one that is asked for."""
    from hybridcodec.info import read_info

    data = read_bytes(source)
    with naming(source):
        info = read_info(data, picture or 0)
    facts = info.to_dict() | {"restores": str(restored(info.mode, info.max_error, file=info.restores))}
    if as_json:
        say_json(facts)
        return
    width = max(len(name) for name in facts)
    for name, value in facts.items():
        say(f"{name.replace('_', ' '):{width}}  {_in_words(value)}")


def _in_words(value: object) -> str:
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, tuple):
        return "x".join(map(str, value)) if any(isinstance(part, int) for part in value) else ", ".join(value) or "-"
    return str(value) if value not in ("", None) else "-"

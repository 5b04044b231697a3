"""How golden files are written: once, into an empty folder, each with a JSON beside it."""

import json
import sys
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any


def write_all(folder: Path, made: Mapping[str, bytes], record: Callable[[bytes], dict[str, Any]]) -> None:
    """Write files by name, and what `record` says must be found in each; an existing file stops the program."""
    folder.mkdir(parents=True, exist_ok=True)
    if any(folder.iterdir()):
        sys.exit(f"{folder} already holds golden files; they never change")
    for name, data in made.items():
        with (folder / f"{name}.hyc").open("xb") as file:
            file.write(data)
        with (folder / f"{name}.json").open("x") as file:
            file.write(json.dumps(record(data), indent=1) + "\n")
    sys.stdout.write(f"wrote {len(made)} files, {sum(map(len, made.values()))} bytes\n")

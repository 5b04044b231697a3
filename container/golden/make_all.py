"""Write golden files that models made anew, before the first release: `python container/golden/make_all.py`.

Where a model of the package is replaced, files that it made can no longer be read. Then this deletes all of them, but
for those of `structure`, which no model made, and writes them again, as well as the preview that `hybridcodec warm`
decodes. From version 1.0.0 on it refuses: golden files of a released version never change.
"""

import sys
from importlib.metadata import version
from pathlib import Path

import make_displays
import make_kept
import make_kinds
import make_pictures
import make_rates

from hybridcodec import Mode, encode
from hybridcodec.warming.work import PREVIEW

MAKERS = (make_displays, make_kept, make_kinds, make_pictures, make_rates)


def emptied(folder: Path) -> None:
    """Delete the golden files of a folder."""
    for path in [*folder.glob("*.hyc"), *folder.glob("*.json")]:
        path.unlink()


def main() -> None:
    """Write all files."""
    found = version("hybridcodec")
    if not found.startswith("0."):
        sys.exit(f"golden files of a released version never change; this is {found}")
    for maker in MAKERS:
        emptied(maker.FOLDER)
        maker.main()
    PREVIEW.write_bytes(encode(make_pictures.scene(16, 16, 3, 35), mode=Mode.PERCEPTUAL))


if __name__ == "__main__":
    main()

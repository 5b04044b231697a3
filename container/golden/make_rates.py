"""Write the golden files of base coder 2, once: `python container/golden/make_rates.py`.

Previews alone at several qualities, in gray and colour, of one tile and of several, and one below an exact layer;
none has a display layer.
"""

from pathlib import Path

import numpy as np
from make_pictures import in_small_tiles, record, scene
from writing import write_all

from hybridcodec import Options, encode, extract
from hybridcodec.modes import Mode, Preview

FOLDER = Path(__file__).parent / "v2.0" / "rates"


def rates() -> dict[str, bytes]:
    """Return all golden files by name."""
    colour = scene(90, 131, 3, 21)
    made = {
        f"quality_{quality}": encode(colour, mode=Mode.PERCEPTUAL, options=Options(quality=quality, display=False))
        for quality in (0, 33, 100)
    }
    made["gray"] = encode(scene(70, 61, 1, 22), mode=Mode.PERCEPTUAL, options=Options(display=False))
    made["two_tiles"] = encode(
        scene(40, 530, 3, 23), mode=Mode.PERCEPTUAL, options=Options(target_bpp=0.6, display=False)
    )
    made["one_pixel"] = encode(scene(1, 1, 3, 24), mode=Mode.PERCEPTUAL, options=Options(display=False))
    made["small_tiles"] = in_small_tiles(scene(140, 200, 3, 25))
    made["extract"] = extract(made["small_tiles"])
    wide = (scene(96, 80, 1, 26).astype(np.uint16) * 7)[..., 0]
    made["small_scale"] = encode(wide, options=Options(preview=Preview.SMALL))
    return made


def main() -> None:
    """Write all files."""
    write_all(FOLDER, rates(), record)


if __name__ == "__main__":
    main()

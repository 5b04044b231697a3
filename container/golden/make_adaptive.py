"""Write the golden files of residual coder 6, once: `python container/golden/make_adaptive.py`.

Photographs at every effort, gray, near-lossless, in tiles of any size, and the smallest there are; records are
those of `make_pictures`. An existing file stops the command, as a golden file never changes; README.md says how one is
added.
"""

from pathlib import Path

import numpy as np
from make_pictures import U8, in_small_tiles, record, scene
from writing import write_all

from hybridcodec import Effort, Mode, Options, encode

FOLDER = Path(__file__).parent / "v2.0" / "adaptive"


def dotted(height: int, width: int) -> U8:
    """Return a picture with lonely black and white dots: what needs escapes."""
    rng, picture = np.random.default_rng(9), scene(height, width, 3, 12)
    dots = rng.random((height, width)) < 0.03
    picture[dots] = rng.choice(np.array([0, 255], np.uint8), (int(dots.sum()), 3))
    return picture


def pictures() -> dict[str, bytes]:
    """Return all golden files by name."""
    picture = scene(75, 131, 3, 1)
    near = scene(60, 83, 3, 3)
    return {
        **{f"rgb_{effort}": encode(picture, options=Options(effort=effort)) for effort in Effort},
        **{
            f"near_lossless_{effort}": encode(
                near, mode=Mode.NEAR_LOSSLESS, max_error=2, options=Options(effort=effort)
            )
            for effort in Effort
        },
        "near_lossless_gray": encode(scene(29, 31, 1, 4), mode=Mode.NEAR_LOSSLESS, max_error=9),
        "near_lossless_all_black": encode(scene(9, 7, 3, 5), mode=Mode.NEAR_LOSSLESS, max_error=255),
        "two_tiles": encode(scene(140, 200, 3, 7)),
        "small_tiles": in_small_tiles(scene(140, 200, 3, 7)),
        "dots": encode(dotted(60, 59)),
        "one_pixel": encode(scene(1, 1, 3, 8)),
        "one_row": encode(scene(1, 130, 3, 10)),
        "one_column": encode(scene(130, 1, 1, 11)),
    }


def main() -> None:
    """Write all files."""
    write_all(FOLDER, pictures(), record)


if __name__ == "__main__":
    main()

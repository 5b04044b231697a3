"""Write the golden files of display layers, once: `python container/golden/make_displays.py`.

Perceptual files at several qualities, in gray and colour, of one base tile and of several, each with a display picture.
"""

import hashlib
from pathlib import Path

from hybridcodec_container import hash_samples
from make_pictures import scene
from writing import write_all

from hybridcodec import Options, decode, encode
from hybridcodec.modes import Layer, Mode

FOLDER = Path(__file__).parent / "v2.0" / "displays"


def displays() -> dict[str, bytes]:
    """Return all golden files by name."""
    colour = scene(90, 131, 3, 31)
    made = {
        f"quality_{quality}": encode(colour, mode=Mode.PERCEPTUAL, options=Options(quality=quality))
        for quality in (0, 33, 100)
    }
    made["gray"] = encode(scene(70, 61, 1, 32), mode=Mode.PERCEPTUAL)
    made["two_tiles"] = encode(scene(40, 530, 3, 33), mode=Mode.PERCEPTUAL, options=Options(target_bpp=0.6))
    made["one_pixel"] = encode(scene(1, 1, 3, 34), mode=Mode.PERCEPTUAL)
    return made


def record(data: bytes) -> dict[str, str]:
    """Return what must be found in a file: its own hash and the sample hashes of both pictures."""
    found = {"sha256": hashlib.sha256(data).hexdigest()}
    for layer in (Layer.PERCEPTUAL, Layer.BASE):
        samples = decode(data, layer=layer)
        found[str(layer)] = hash_samples(samples.reshape(*samples.shape[:2], -1)).hex()
    return found


def main() -> None:
    """Write all files."""
    write_all(FOLDER, displays(), record)


if __name__ == "__main__":
    main()

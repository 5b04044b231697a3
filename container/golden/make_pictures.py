"""Write the golden files of the codec, once: `python container/golden/make_pictures.py`.

Whole files of photographs with generated pictures, at every effort, gray, near-lossless, in tiles of any size, and the
smallest there are; each beside a JSON with the sample hashes that its layers must have. An existing file stops the
command, because a golden file never changes; README.md says how one is added.
"""

import hashlib
from dataclasses import replace
from pathlib import Path

import numpy as np
from hybridcodec_container import Picture, Tile, hash_samples, read_container, write_container
from numpy.typing import NDArray
from writing import write_all

from hybridcodec import Effort, Layer, Metadata, Mode, Options, decode, encode, extract, read_info, residual
from hybridcodec.base import Rate
from hybridcodec.loading import load_analysis, load_base, load_residual
from hybridcodec.models import DEFAULT_BASE, DEFAULT_RESIDUAL, architecture_of, residual_for
from hybridcodec.tiling import Tiling

FOLDER = Path(__file__).parent / "v2.0" / "pictures"

U8 = NDArray[np.uint8]


def scene(height: int, width: int, channels: int, seed: int) -> U8:
    """Return soft hills, a sharp edge, a flat patch and some noise, all by integers: (height, width, channels)."""
    rng = np.random.default_rng(seed)
    y, x = np.mgrid[:height, :width]
    planes = []
    for c in range(channels):
        hills = 60 + (x * (3 + c) + y * 2) // 3 % 120 + (x - width // 2) * (y - height // 2) // (40 + 9 * c)
        hills = hills + rng.integers(-6, 7, (height, width))
        hills[: height // 4, : width // 3] = 200 - 30 * c
        hills[:, width * 3 // 4 :] //= 2
        planes.append(hills)
    return np.stack(planes, 2).clip(0, 255).astype(np.uint8)


def dotted(height: int, width: int) -> U8:
    """Return a picture with lonely black and white dots: what needs escapes."""
    rng, picture = np.random.default_rng(9), scene(height, width, 3, 12)
    dots = rng.random((height, width)) < 0.03
    picture[dots] = rng.choice(np.array([0, 255], np.uint8), (int(dots.sum()), 3))
    return picture


def doubled(height: int, width: int) -> U8:
    """Return a picture whose colours were stored at half of its rows and columns, and drawn from there."""
    picture = scene(height, width, 3, 14).astype(np.int32)
    apart = picture[::2, ::2, ::2] - picture[::2, ::2, 1:2]  # red and blue beside green
    picture[..., ::2] = picture[..., 1:2] + apart.repeat(2, 0).repeat(2, 1)[:height, :width]
    return picture.clip(0, 255).astype(np.uint8)


def in_small_tiles(picture: U8, effort: Effort = Effort.NORMAL) -> bytes:
    """Return a lossless file of a photograph whose tiles are smaller than the encoder makes them."""
    height, width, _ = picture.shape
    file = read_container(encode(picture, options=Options(preview="full"))).pictures[0]
    if file.base is None or file.residual is None:
        raise AssertionError
    loaded, tiling = load_base(DEFAULT_BASE), Tiling(height, width, 64, 64)
    payload, base = loaded.coder.encode(picture, loaded.model, load_analysis(DEFAULT_BASE), tiling, Rate())
    base_layer = replace(
        file.base,
        tile_width=64,
        tile_height=64,
        sample_hash=hash_samples(base),
        common=payload.common,
        tiles=tuple(Tile.of(loaded.coder.number, tile) for tile in payload.tiles),
    )
    model = residual_for(architecture_of(DEFAULT_RESIDUAL), effort)
    coder = residual.coder_for(architecture_of(model))
    ground = residual.Ground(base.shape[2], residual.Quantiser(), base, load_residual(model))
    tiles = residual.encode_residual(picture, ground, coder, Tiling(height, width, 33, 48))
    exact_layer = replace(
        file.residual,
        tile_width=48,
        tile_height=33,
        models=(bytes.fromhex(model),),
        tiles=tuple(Tile.of(tile.coder, tile.payload) for tile in tiles),
    )
    return write_container([Picture.seal(file.header, base=base_layer, residual=exact_layer)])


def by_effort(effort: Effort) -> dict[str, bytes]:
    """Return the golden files of an effort by name."""
    options = Options(effort=effort)
    near = {"mode": Mode.NEAR_LOSSLESS, "max_error": 2}
    return {
        f"rgb_{effort}": encode(scene(75, 131, 3, 1), options=options),
        f"near_lossless_{effort}": encode(scene(60, 83, 3, 3), options=options, **near),
    }


def pictures() -> dict[str, bytes]:
    """Return all golden files by name."""
    metadata = Metadata(icc=b"a profile " * 20, exif=b"II*\0\x08\0\0\0\0\0\0\0\0\0", xmp=b"<x:xmpmeta/>")
    rgb = encode(scene(45, 67, 3, 1), metadata=metadata)
    efforts = [by_effort(effort) for effort in Effort]
    return {name: data for made in efforts for name, data in made.items()} | {
        "rgb": rgb,
        "gray": encode(scene(37, 61, 1, 2), options=Options(preview="full")),
        "gray_best": in_small_tiles(scene(33, 47, 1, 13), Effort.BEST),
        "doubled_best": encode(doubled(57, 90), options=Options(effort=Effort.BEST)),
        "gray_tiles": in_small_tiles(scene(70, 61, 1, 12)),
        "near_lossless_accepted": encode(scene(40, 53, 3, 3), mode=Mode.NEAR_LOSSLESS, max_error=2, accept_loss=True),
        "near_lossless_gray": encode(scene(29, 31, 1, 4), mode=Mode.NEAR_LOSSLESS, max_error=9),
        "near_lossless_all_black": encode(scene(9, 7, 3, 5), mode=Mode.NEAR_LOSSLESS, max_error=255),
        "perceptual": encode(scene(66, 71, 3, 6), mode=Mode.PERCEPTUAL),
        "extract": extract(rgb),
        "two_tiles": encode(scene(140, 200, 3, 7)),
        "small_tiles": in_small_tiles(scene(140, 200, 3, 7)),
        "dots": encode(dotted(60, 59)),
        "one_pixel": encode(scene(1, 1, 3, 8)),
        "one_gray_pixel": encode(scene(1, 1, 1, 9)),
        "one_row": encode(scene(1, 130, 3, 10)),
        "one_column": encode(scene(130, 1, 1, 11)),
    }


def record(data: bytes) -> dict[str, str]:
    """Return what must be found in a file: its own hash and the sample hash of each layer."""
    found = {"sha256": hashlib.sha256(data).hexdigest()}
    for layer in (Layer.PERCEPTUAL, Layer.EXACT)[: 1 if read_info(data).mode is Mode.PERCEPTUAL else 2]:
        samples = decode(data, layer=layer)
        found[str(layer)] = hash_samples(samples.reshape(*samples.shape[:2], -1)).hex()
    return found


def main() -> None:
    """Write all files."""
    write_all(FOLDER, pictures(), record)


if __name__ == "__main__":
    main()

"""What the residual layer of a picture is coded on, for all of it or for the tiles around an area: see `layers`."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
from hybridcodec_container import Picture
from numpy.typing import NDArray

from hybridcodec.kinds import Samples
from hybridcodec.layers import (
    base_layer,
    coded_tiles,
    decode_base,
    flat,
    kind_of,
    quantiser_of,
    residual_layer,
    stands_on_base,
    tiles_around,
)
from hybridcodec.machine.threads import Progress
from hybridcodec.modes import Backend
from hybridcodec.scaling import enlarged_part, needed_for
from hybridcodec.tiling import Area, size_of, within

if TYPE_CHECKING:
    from hybridcodec.loading import Decoders
    from hybridcodec.residual import Ground

U8 = NDArray[np.uint8]


def ground(
    picture: Picture,
    reference: Samples | None = None,
    base: U8 | None = None,
    progress: Progress = None,
    backend: Backend = Backend.COMPILED,
    decoders: Decoders | None = None,
    area: Area | None = None,
) -> Ground:
    """Return what the residual layer is coded on: the base picture in the size of the picture, where tiles need it.

    Args:
        picture: of a file.
        reference: exact layer (H, W, C) of the picture before, for a picture that depends on it.
        base: its base picture, where that is decoded already.
        progress: receives the share done.
        backend: reads the streams of both layers.
        decoders: as in `everything.decode_each`.
        area: of which alone the tiles are decoded; then all arrays are those of `tiles_around` it.

    Raises:
        CorruptFileError, UnsupportedError, MismatchError: as `codec.decode` does.
    """
    from hybridcodec.residual import Ground, needs_base

    header = picture.header
    quantiser, below = quantiser_of(kind_of(picture), header.max_error, residual_layer(picture).common), None
    if needs_base(coded_tiles(picture, area)):
        box = tiles_around(picture, area)
        if stands_on_base(picture):
            H, W, scale = header.height, header.width, base_layer(picture).scale
            small = None if area is None else needed_for(box, scale, H, W)
            base = decode_base(picture, progress, backend, decoders, small) if base is None else base
            below = enlarged_part(base, scale, H, W, box)
        else:
            below = flat(*size_of(box), header.channels)
    wanted = None if area is None else within(area, tiles_around(picture, area))
    return Ground(header.channels, quantiser, below, reference=reference, backend=backend, wanted=wanted)

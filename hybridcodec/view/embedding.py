"""Samples as data URLs, which a page holds instead of files beside it: without loss, or small for a first look."""

import base64
from typing import Final

import numpy as np

from hybridcodec.image import Picture
from hybridcodec.sources import write_picture
from hybridcodec.sources.thumbnails import thumbnail
from hybridcodec.view.layers import U8

_THUMBNAIL: Final = 320
"""Largest edge of a thumbnail, pixels: 160 on a screen that has two for one."""


def data_url(samples: U8) -> str:
    """Return (H, W, C) of 8 bits as the URL of a picture without loss; it was read back and is the same."""
    C = samples.shape[2]
    if C == 2:
        samples = np.concatenate([np.repeat(samples[..., :1], 3, 2), samples[..., 1:]], 2)  # (H, W, 4)
    form = "PNG" if C == 1 else "WEBP"
    return _url(form, write_picture(Picture.of(samples), form).data)


def thumbnail_url(samples: U8) -> str:
    """Return (H, W, C) of 8 bits made small, with loss."""
    return _url("WEBP", thumbnail(samples, _THUMBNAIL))


def _url(form: str, data: bytes) -> str:
    return f"data:image/{form.lower()};base64,{base64.b64encode(data).decode()}"

"""Where in a TIFF the samples of a page lie, for whoever wants to rebuild the file from them."""

from hybridcodec_container import Packing, Serial

from hybridcodec.kinds import SampleKind
from hybridcodec.sources.format import Stream
from hybridcodec.sources.samples.tiff import CODINGS, JPEG, Layout, segments


def streams(layout: Layout, kind: SampleKind, picture: int, *, inverted: bool) -> tuple[Stream, ...]:
    """Return one stream of all strips where they are not compressed, else one a strip.

    None where no `Serial` can say how the samples lie: tiles, compressed planes, gray that is inverted beside other
    channels, JPEG, and whole bytes with their bits in the other order.
    """
    turned = layout.reversed_bits and layout.compression == 1
    if (
        layout.tiled
        or layout.compression == JPEG
        or (inverted and kind.channels > 1)
        or (layout.planar and layout.compression != 1)
        or (turned and kind.bit_depth > 1)
    ):
        return ()
    size = kind.bit_depth // 8 if kind.bit_depth in (8, 16) else 0
    packing = Packing.LOW_BITS_FIRST if turned else Packing.BYTES if size else Packing.HIGH_BITS_FIRST
    whole = Serial(
        packing=packing,
        sample_bytes=size,
        big_endian=layout.big_endian and size > 1,
        planar=layout.planar,
        invert=inverted,
        order=tuple(range(kind.channels)),
        rows=layout.height,
    )
    if layout.compression == 1:
        return (Stream(_joined(layout.spans), "raw", picture, whole),)
    detail: dict[str, int | str | bytes] = {
        "compression": layout.compression,
        "predictor": layout.predictor,
        "fill_order": 2 if layout.reversed_bits else 1,
    }
    for tag, value in layout.options.items():
        detail[f"tag{tag}"] = value if isinstance(value, bytes) else value[0]
    method = CODINGS[layout.compression]
    return tuple(
        Stream((layout.spans[part.number],), method, picture, _of_rows(whole, part.row, part.rows), detail)
        for part in segments(layout)
    )


def _of_rows(whole: Serial, first: int, rows: int) -> Serial:
    return Serial(
        packing=whole.packing,
        sample_bytes=whole.sample_bytes,
        big_endian=whole.big_endian,
        invert=whole.invert,
        order=whole.order,
        first_row=first,
        rows=rows,
    )


def _joined(spans: tuple[tuple[int, int], ...]) -> tuple[tuple[int, int], ...]:
    """Return spans with those joined that follow each other in the file."""
    joined: list[tuple[int, int]] = []
    for start, size in spans:
        if joined and sum(joined[-1]) == start:
            joined[-1] = (joined[-1][0], joined[-1][1] + size)
        else:
            joined.append((start, size))
    return tuple(joined)

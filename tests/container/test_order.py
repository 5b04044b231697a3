"""The order of chunks."""

import pytest
from hybridcodec_container import CorruptError, Header, LimitExceededError, UnsupportedContainerError, layout
from hybridcodec_container.chunks import Chunk
from hybridcodec_container.order import Order

TILES = [*(f"BASE{n}" for n in range(6)), "RESI0", "RESI1"]


def run(header: Header, names: list[str], length: int = 0) -> None:
    """Accept chunks named by kind and index."""
    order = Order()
    for name in names:
        order.accept(Chunk(name[:4].encode(), int(name[4:] or 0), 0, length))
        if name == "HEAD":
            order.set_tiles(header)


@pytest.mark.parametrize(
    "names",
    [
        ["HEAD", "BCOM", "TIDX", *TILES, "DONE"],
        ["HEAD", "iccp", "exif", "xmp_", "BCOM", "TIDX", *TILES, "DONE"],
        ["HEAD", "noTe", "exif", "noTe", "xmp_", "zzzz", "BCOM", "TIDX", *TILES, "aaaa", "bbbb", "DONE"],
    ],
)
def test_right_orders_are_accepted(header: Header, names: list[str]) -> None:
    run(header, names)


@pytest.mark.parametrize(
    ("names", "message"),
    [
        (["BCOM"], "HEAD chunk must come, found the BCOM"),
        (["noTe"], "HEAD chunk must come"),
        (["HEAD", "HEAD"], "BCOM chunk must come"),
        (["HEAD", "TIDX"], "BCOM chunk must come"),
        (["HEAD", "exif", "iccp"], "found the iccp"),
        (["HEAD", "exif", "exif"], "found the exif"),
        (["HEAD", "noTe1"], "index 1"),
        (["HEAD", "BCOM", "noTe"], "TIDX chunk must come"),
        (["HEAD", "BCOM", "BASE0"], "TIDX chunk must come"),
        (["HEAD", "BCOM", "TIDX", "BASE1"], "base tile 0 must come, found the base tile 1"),
        (["HEAD", "BCOM", "TIDX", *TILES[:3], "noTe"], "base tile 3 must come"),
        (["HEAD", "BCOM", "TIDX", *TILES[:6], "noTe"], "residual tile 0 must come"),
        (["HEAD", "BCOM", "TIDX", *TILES[:7], "DONE"], "residual tile 1 must come"),
        (["HEAD", "BCOM", "TIDX", *TILES, "RESI2"], "DONE chunk must come"),
        (["HEAD", "BCOM", "TIDX", *TILES, "xmp_"], "DONE chunk must come"),
        (["HEAD", "BCOM", "TIDX", *TILES, "DONE1"], "index 1"),
    ],
)
def test_wrong_orders_are_corrupt(header: Header, names: list[str], message: str) -> None:
    with pytest.raises(CorruptError, match=message):
        run(header, names)


@pytest.mark.parametrize("names", [["HEAD", "Abcd"], ["HEAD", "BCOM", "TIDX", *TILES[:6], "ADPT"], ["ADPT"]])
def test_unknown_critical_kinds_are_unsupported(header: Header, names: list[str]) -> None:
    with pytest.raises(UnsupportedContainerError, match="later version"):
        run(header, names)


def test_ancillary_chunks_are_limited_in_number_and_in_size(header: Header) -> None:
    run(header, ["HEAD", *["noTe"] * layout.MAX_ANCILLARY_CHUNKS])
    with pytest.raises(LimitExceededError, match="256"):
        run(header, ["HEAD", *["noTe"] * (layout.MAX_ANCILLARY_CHUNKS + 1)])
    with pytest.raises(LimitExceededError, match="together"):
        run(header, ["HEAD", *["noTe"] * 5], layout.MAX_ANCILLARY_BYTES // 4)

"""Palettes: bytes and contradictions."""

import pytest
from hybridcodec_container import ContainerError, CorruptError, LimitExceededError, Palette, UnsupportedContainerError
from hybridcodec_container.palette import pack_palette, unpack_palette


@pytest.mark.parametrize(
    ("palette", "packed"),
    [
        (Palette(3, 8, b"rgbRGB"), "02000000 03 08" + b"rgbRGB".hex()),
        (Palette(4, 16, bytes(range(8))), "01000000 04 10 0001020304050607"),
    ],
)
def test_palette_is_these_bytes(palette: Palette, packed: str) -> None:
    assert pack_palette(palette) == bytes.fromhex(packed)
    assert unpack_palette(bytes.fromhex(packed)) == palette


@pytest.mark.parametrize(
    ("error", "packed"),
    [
        (CorruptError, ""),
        (CorruptError, "00000000 03 08"),
        (CorruptError, "02000000 03 08 000000"),
        (CorruptError, "01000000 03 08 0000"),
        (CorruptError, "01000000 03 08 00000000"),
        (UnsupportedContainerError, "01000000 02 08 0000"),
        (UnsupportedContainerError, "01000000 03 0c 000000000000"),
    ],
)
def test_bad_palettes_are_refused(error: type[ContainerError], packed: str) -> None:
    with pytest.raises(error) as caught:
        unpack_palette(bytes.fromhex(packed))
    assert type(caught.value) is error


def test_palette_over_its_limit_is_refused() -> None:
    assert Palette(4, 16, bytes(1 << 19)).count == 1 << 16
    with pytest.raises(LimitExceededError):
        Palette(4, 16, bytes((1 << 19) + 8))

"""Tone maps: bytes and contradictions."""

import pytest
from hybridcodec_container import ContainerError, CorruptError, Linear, Thresholds, Tone, UnsupportedContainerError
from hybridcodec_container.tone import pack_tone, unpack_tone

STEPS = tuple(range(-100, 155))
PACKED = "02 01" + b"".join(value.to_bytes(4, "little", signed=True) for value in STEPS).hex()


@pytest.mark.parametrize(
    ("tone", "packed"),
    [
        (Linear(-2, 258), "01 00 feffffff 02010000"),
        (Linear(-(1 << 31), (1 << 31) - 1, invert=True), "01 01 00000080 ffffff7f"),
        (Thresholds(STEPS, invert=True), PACKED),
    ],
)
def test_tone_map_is_these_bytes(tone: Tone, packed: str) -> None:
    assert pack_tone(tone) == bytes.fromhex(packed)
    assert unpack_tone(bytes.fromhex(packed)) == tone


@pytest.mark.parametrize(
    ("error", "packed"),
    [
        (CorruptError, ""),
        (CorruptError, "01"),
        (CorruptError, "01 00 00000000 000000"),
        (CorruptError, "01 00 00000000 0100000000"),
        (CorruptError, "01 00 00000000 00000000"),
        (CorruptError, "01 02 00000000 01000000"),
        (CorruptError, PACKED[:-2]),
        (CorruptError, PACKED[:-8] + "00000080"),
        (UnsupportedContainerError, "00 00"),
        (UnsupportedContainerError, "03 00"),
    ],
)
def test_bad_tone_maps_are_refused(error: type[ContainerError], packed: str) -> None:
    with pytest.raises(error) as caught:
        unpack_tone(bytes.fromhex(packed))
    assert type(caught.value) is error


def test_thresholds_are_255_and_fit_32_bits() -> None:
    for thresholds in (STEPS[1:], (*STEPS, 200), (*STEPS[1:], 1 << 31)):
        with pytest.raises(ContainerError):
            Thresholds(thresholds)
    Thresholds((7,) * 255)

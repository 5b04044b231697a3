"""A small whole file with something of everything, for the tests of this folder."""

from dataclasses import dataclass

import pytest
from hybridcodec_container import ContainerMode, Header, Metadata, write_container


@dataclass(frozen=True)
class Example:
    """The parts of a file, and the file."""

    header: Header
    base_common: bytes
    base: tuple[bytes, ...]
    residual: tuple[bytes, ...]
    metadata: Metadata

    @property
    def data(self) -> bytes:
        return write_container(
            self.header, base_common=self.base_common, base=self.base, residual=self.residual, metadata=self.metadata
        )


@pytest.fixture(scope="session")
def header() -> Header:
    return Header(
        width=130,
        height=70,
        channels=3,
        mode=ContainerMode.LOSSLESS,
        base_tile_width=64,
        base_tile_height=64,
        residual_tile_width=100,
        residual_tile_height=100,
        base_model=b"m" * 32,
        residual_model=b"r" * 32,
        base_hash=b"b" * 32,
        sample_hash=b"s" * 32,
        source_hash=b"s" * 32,
    )


@pytest.fixture(scope="session")
def example(header: Header) -> Example:
    return Example(
        header=header,
        base_common=b"common",
        base=tuple(b"base%d" % number * number for number in range(6)),
        residual=(b"residual 0", b"residual 1"),
        metadata=Metadata(icc=b"icc" * 40, xmp=b"<x/>", extra=((b"noTe", b"hello"),)),
    )


@pytest.fixture(scope="session")
def data(example: Example) -> bytes:
    return example.data

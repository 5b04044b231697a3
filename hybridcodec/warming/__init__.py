"""Compiles what encoding and decoding need before they are asked for: see `work`."""

from hybridcodec.warming.work import Warmed, warm

__all__ = ["Warmed", "warm"]

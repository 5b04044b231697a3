"""What can be had of a damaged .hyc file, each pixel marked with what it is worth.

It differs from `codec`, which refuses a damaged file, in that nothing but a damaged header stops it; and from a decoder
that carries on, in that a tile is called exact only if every chunk that it depends on is proven.
"""

from hybridcodec.salvage.jobs import SalvagedSource, SalvageResult, salvage_file, salvage_source_file
from hybridcodec.salvage.restore import Salvaged, State, TileReport, salvage
from hybridcodec.salvage.source import salvage_source

__all__ = [
    "SalvageResult",
    "Salvaged",
    "SalvagedSource",
    "State",
    "TileReport",
    "salvage",
    "salvage_file",
    "salvage_source",
    "salvage_source_file",
]

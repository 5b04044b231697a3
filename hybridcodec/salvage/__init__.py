"""What can be had of a damaged .hyc file, each pixel marked with what it is worth.

It differs from `codec`, which refuses a damaged file, in that nothing but a damaged header stops it; and from a decoder
that carries on, in that a tile is called exact only if every chunk that it depends on is proven.
"""

from hybridcodec.salvage.jobs import SalvageResult, salvage_file
from hybridcodec.salvage.restore import Salvaged, State, TileReport, salvage

__all__ = ["SalvageResult", "Salvaged", "State", "TileReport", "salvage", "salvage_file"]

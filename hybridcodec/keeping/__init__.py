"""The same file back: how the bytes of a source file follow from its pictures, and what of them has to be kept.

`Maker` and `source_of` make a recipe when a file is encoded, `rebuild_source` follows it. What a stream of samples
became bytes by is a method of its own (`methods`); what no method makes again is kept as it is.
"""

from hybridcodec_container import Rest

from hybridcodec.keeping.making import Maker, source_of
from hybridcodec.keeping.naming import name_restored
from hybridcodec.keeping.rebuilding import MAX_RESTORED, follow, rebuild_source, restores
from hybridcodec.keeping.rest import fill_rest, joined_spans, make_rest, rest_of, sample_spans, still_left_out
from hybridcodec.modes import Keep

__all__ = [
    "MAX_RESTORED",
    "Keep",
    "Maker",
    "Rest",
    "fill_rest",
    "follow",
    "joined_spans",
    "make_rest",
    "name_restored",
    "rebuild_source",
    "rest_of",
    "restores",
    "sample_spans",
    "source_of",
    "still_left_out",
]

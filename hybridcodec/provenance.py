"""What a decoded picture is less than a record, in words that are the same in `info`, in metadata and on pages."""

from enum import StrEnum
from typing import Final

from hybridcodec.modes import Layer

_VOCABULARY: Final = "http://cv.iptc.org/newscodes/digitalsourcetype/"
NO_RECORD: Final = "small detail in it may be invented, left out or replaced by something that looks plausible"
"""What a picture with a mark may do."""


class Mark(StrEnum):
    """What a layer is that is no record of what was there; its value is said wherever the layer is shown.

    Every base picture is LEARNED, every display picture GENERATED.
    """

    NONE = ""
    LEARNED = "a lossy picture made by a learned decoder"
    GENERATED = "a generated picture, not a record of what was there"

    @property
    def source_type(self) -> str:
        """The IPTC term for it (NewsCodes, Digital Source Type), empty for NONE.

        A base picture is what a network makes that was trained to come near, which the vocabulary calls media altered
        by an algorithm; a display picture is media edited with a generative model.
        """
        terms = {Mark.LEARNED: "algorithmicallyEnhanced", Mark.GENERATED: "compositeWithTrainedAlgorithmicMedia"}
        return _VOCABULARY + terms[self] if self else ""

    @property
    def sentence(self) -> str:
        """All that is to be said of a picture with this mark."""
        return f"{self.value}; {NO_RECORD}" if self else ""


def mark_of(layer: Layer, *, generated: bool) -> Mark:
    """Return the mark of a layer of a file whose header says whether what it shows first is `generated`."""
    if layer is Layer.EXACT:
        return Mark.NONE
    return Mark.GENERATED if generated and layer is Layer.PERCEPTUAL else Mark.LEARNED

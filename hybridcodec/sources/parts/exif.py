"""An EXIF block, for the question whether it says what a file says elsewhere too."""

from fractions import Fraction

from hybridcodec.sources.parts.directories import Directory, Tiff, Values

SUB_DIRECTORIES = {34665: "EXIF", 34853: "GPS", 40965: "interoperability"}
"""Tag that points to a directory -> what that is about."""
_BELOW = {"": (34665, 34853), "EXIF": (40965,)}
"""Which directories belong below which; others are not looked at, so that none is below itself."""
_X, _Y, _UNIT, _INCHES = 282, 283, 296, 2


def resolution(block: bytes) -> tuple[Fraction, Fraction, int] | None:
    """Return (horizontal, vertical, unit) of an EXIF block, the unit being 2 for inches and 3 for centimetres."""
    tiff = Tiff(block)
    for page in tiff.pages():
        x, y = (tiff.values(page.entries.get(tag), 1) for tag in (_X, _Y))
        if x and y and isinstance(x[0], Fraction) and isinstance(y[0], Fraction):
            return x[0], y[0], tiff.number(page, _UNIT, _INCHES)
        break
    return None


def tags(block: Tiff, directory: Directory, where: str = "") -> dict[tuple[str, int], Values]:
    """Return the values of a directory and of those for EXIF, GPS and interoperability below it, by (which, tag)."""
    found: dict[tuple[str, int], Values] = {}
    for tag, entry in directory.entries.items():
        children = block.children(directory, tag)[:1] if tag in _BELOW.get(where, ()) else []
        if not children:
            found[where, tag] = block.values(entry)
        for child in children:
            found |= tags(block, child, SUB_DIRECTORIES[tag])
    return found

"""Text from outside, such as file names and what libraries say, as it may stand on a screen or a page.

A name can hold anything but a slash: sequences that steer a terminal, line ends that forge a second line, characters
that reverse the reading direction, bytes that are no Unicode. Data for programs (JSON) is never changed like this.
"""

import unicodedata

_HIDDEN = ("Cc", "Cf", "Cs", "Zl", "Zp")


def shown(text: str) -> str:
    r"""Return one line with everything escaped that is invisible, steers, reverses, or is no Unicode: `\x1b`."""
    if text.isprintable():
        return text
    return "".join(
        character.encode("unicode-escape").decode() if unicodedata.category(character) in _HIDDEN else character
        for character in text
    )

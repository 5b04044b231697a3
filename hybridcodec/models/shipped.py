"""Names and SHA-256 of the model files in this folder, oldest first in each kind; entries are never removed."""

from typing import Final

SHIPPED: Final = {
    "base-v1-analysis": "ebb23d1044ad46c13b2c9c09506ade90d049733c6e4d73fb1c4b44fd97a6a1b4",
    "base-v1": "f123ef15e475776049dcd669b6a3f2c54e18abbe522d3c89e1a67fde40956494",
    "residual-v1": "0d08419ea91a690f25b59c54389cf23d0195d5b17573ff90c4bc9620ca14598a",
}

"""Names and SHA-256 of the model files in this folder, oldest first in each kind; entries are never removed."""

from typing import Final

SHIPPED: Final = {
    "base-v1-analysis": "ebb23d1044ad46c13b2c9c09506ade90d049733c6e4d73fb1c4b44fd97a6a1b4",
    "base-v1": "f123ef15e475776049dcd669b6a3f2c54e18abbe522d3c89e1a67fde40956494",
    "residual-v1": "24f86aec6bc97006e0fc9d17bc8b68377b522e65662ba70ed0aec8bc6dc09ceb",
}

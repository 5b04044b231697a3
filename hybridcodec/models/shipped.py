"""Names and SHA-256 of the model files in this folder, oldest first in each kind; entries are never removed."""

from typing import Final

SHIPPED: Final = {
    "base-v1-analysis": "927fa1faec5282614146db3c221f3c50752c8ef4e9e78f1a899a995ca9d9e95a",
    "base-v1": "ac83dc21224923f7bff161c97b531f6c67eb35b83782c2276fa4e6f446ed1c2a",
    "residual-v1": "c596a7da4a1c6d29affb2cc5dec61ab9f8e10bec86fe46d1cd65ec446657e69d",
}

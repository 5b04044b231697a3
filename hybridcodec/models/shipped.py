"""Names and SHA-256 of the model files in this folder, oldest first in each kind; entries are never removed."""

from typing import Final

SHIPPED: Final = {
    "base-v1-analysis": "1763314dea0b2fc896fd435a41382b436041cbf4f10c7647399e6d0e386a1d0a",
    "base-v1": "ecae0c780d0f751222ca2fe03fa2052e53054b925ad2de4eab11b06d8309fe50",
    "residual-v1": "cf09489e801bf211d65fa2847088662870d71e1c5e1cf156addb08e9ed4d43ff",
}

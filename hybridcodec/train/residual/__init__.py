"""The residual layer's networks, learning: altered pictures, rows of what the coder sees, two losses."""

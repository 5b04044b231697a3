"""Bytes on disk: `regular` opens, `durable` writes and names, `files` has what was written proven, `targets` guards."""

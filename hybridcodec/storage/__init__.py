"""Bytes on disk: `files` writes within one process what it has proven itself, `durable` what another process proves."""

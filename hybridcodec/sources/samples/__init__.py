"""Samples as they lie in picture files, and back: each module knows how one format, or several of them, packs them.

`parts` names what a file holds besides; `formats` puts both together. Nothing here converts a sample silently: where
black and white change places, the layout of the stream says so (`Serial.invert`).
"""

"""Measurements and long checks: what stands in `docs/results.md` is printed by a command of this package.

Run from the repository root, for instance `python -m benchmarks.lossless FOLDER`; nothing here is part of the library.
"""

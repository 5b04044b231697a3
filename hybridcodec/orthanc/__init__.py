"""Orthanc's storage area in .hyc files: what was stored comes back byte for byte; see docs/orthanc.md.

`plugin` is what Orthanc's Python plugin loads, `area` the files on disk, `assistant` the other side of the processes in
which `worker` encodes and restores. All but the worker need nothing but the standard library: Orthanc runs the Python
of its system, in which neither NumPy nor a compiler need to be.
"""

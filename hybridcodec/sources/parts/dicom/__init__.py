"""DICOM taken apart: where its pixels lie, how they are to be understood, and how their fragments are decoded.

`data_set` is the border to pydicom, `codecs` to imagecodecs. Nothing here writes a data set.
"""

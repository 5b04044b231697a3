"""The display picture of a file: what is shown for the eye, generated on top of the base picture.

The exact layer never sees it. `coder` says what a display coder is, `coders` lists them; `texture` is today's.
"""

"""Training of the texture head in float: what is added to a base picture, and strengths of grain.

`texture.py` above makes integers of what is learned here.
"""

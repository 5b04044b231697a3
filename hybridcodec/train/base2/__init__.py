"""Training of the hyperprior of any rate (base 2) in float: a linear path beside two networks, contexts, gains.

`variable.py` above makes integers of what is learned here.
"""

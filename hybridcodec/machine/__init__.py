"""Kernels and what they are made of: vectors, pairs and blocks of products, elimination, threads; the host.

It differs from `residual` and `base` in that nothing here knows the format: these are the means of the machine.
"""

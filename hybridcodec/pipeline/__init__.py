"""The verified pipeline: many pictures, one machine or a cluster, and a ledger that says of each what was proven.

It knows jobs on files (`files`, `codec`, `pictures`); it is not the command line, which parses and prints.
"""

"""The coder of photographs that learns from a tile while it codes it.

As `regression`, of which it takes features, network and mixture; but samples weigh by their reliability, the experts
are blended by a least squares of their own, and the end of the network and tables of offsets follow every step.
"""

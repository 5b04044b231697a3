"""The coder of photographs that learns from a tile while it codes it.

Least-squares experts weigh samples by their reliability and are blended by a least squares of their own; a small
integer network over their predictions and errors describes a mixture; its end and tables of offsets follow every step.
"""

"""Proof: what a file decodes to is compared with what it was made of, and what is wrong is said in flags.

Single files, the pipeline and its audits all compare and flag here; `files` raises what the pipeline writes down.
"""

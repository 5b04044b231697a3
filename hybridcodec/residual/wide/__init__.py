"""The coder for wide samples: local least squares, and decisions along the quantiles of what they expect."""

"""A hyperprior of any rate: a linear path beside the networks, gains per latent, four passes of context."""

"""The mean-scale hyperprior: latents under scales that a second, smaller set of latents tells."""

"""A small head on the generator's last features: what it adds to the base picture, and how strong the grain is."""

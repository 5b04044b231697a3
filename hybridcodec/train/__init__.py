"""Training of the models that ship in the package, and their export to integers."""

"""One command trains all: recipes are lists of stages as data, run in proportion, taken up where they were stopped."""

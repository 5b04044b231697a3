"""The coder of screens and of few colours: pixels as whole colours, proposed by what was seen around like places."""

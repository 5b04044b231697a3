"""The coder of tiles that nothing else makes smaller: values packed by Zstandard."""

"""The coder of photographs: least-squares experts, a small network over them, a mixture as frequency row."""

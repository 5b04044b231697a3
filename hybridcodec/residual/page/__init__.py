"""The coder of bilevel pages: pixels are foretold from neighbourhoods of many sizes; empty stretches cost nothing."""

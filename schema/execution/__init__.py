"""How a document is parsed, limited and executed."""

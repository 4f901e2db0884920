"""Whether the books are right, from the rows alone."""

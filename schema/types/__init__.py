"""What the API shows: the output types, a file a noun."""

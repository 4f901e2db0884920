"""What the API takes: the input types, a file a noun, and how they become what commands take."""

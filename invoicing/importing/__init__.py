"""Orders in bulk from CSV: every line is imported, already there, or rejected with its reason."""

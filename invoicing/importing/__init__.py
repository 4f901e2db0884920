"""Imports orders in bulk from CSV: each line is imported, exists already, or is rejected with a reason."""

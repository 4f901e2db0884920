"""Verifies the books: finds contradictions between rows."""

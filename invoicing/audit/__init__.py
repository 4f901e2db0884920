"""The audit log: who did what, when, to what. Append-only, and a chain of hashes."""

"""Backups: a folder with the database, the PDFs and the secret as they are at one moment, and back."""

"""Processes and HTTP: the app, its front doors, its workers and its commands."""

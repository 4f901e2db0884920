"""Deletes what is kept for a while only: webhooks that were sent, and sessions that are over."""

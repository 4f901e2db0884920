"""Outgoing webhooks: endpoints, the events sent to them, and their deliveries."""
